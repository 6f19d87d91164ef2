package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;

import io.fluxwire.DialException;
import io.fluxwire.HandshakeException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.observe.Direction;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.page.Snapshot.Percentiles;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

class HandshakesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private long millis;
  private final Handshakes handshakes = new Handshakes(() -> millis * 1_000_000);

  private SessionInfo start() {
    SessionInfo session = new Session();
    handshakes.onHandshakeStarted(session);
    return session;
  }

  private void handshake(long took) {
    SessionInfo session = start();
    millis += took;
    handshakes.onEstablished(session);
  }

  @Test
  void hasThePercentilesOfTheLatest() {
    assertThat(handshakes.percentiles()).isNull();
    handshake(9_999);
    for (int i = 1; i <= Handshakes.LATEST; i++) {
      handshake(i);
    }
    assertThat(handshakes.percentiles()).isEqualTo(new Percentiles(100, 50, 99, 100));
  }

  @Test
  void leavesOutWhatDidNotGoWell() {
    handshakes.onHandshakeFailed(start(), new HandshakeException(Reason.NOT_AUTHORIZED, "no"));
    handshakes.onHandshakeCancelled(start());
    assertThat(handshakes.percentiles()).isNull();
    assertThat(handshakes).extracting("started").asInstanceOf(MAP).isEmpty();
  }

  @Test
  void aNodeThatIsDialledHasItsHandshakesOnThePage() {
    NodeMonitor monitor = new NodeMonitor();
    monitor.keepHistory(Flux.never());
    DisposablePeerServer server = monitor.watch(PeerServer.create().host("127.0.0.1")).bindNow();
    PeerClient<?> client = PeerClient.create().remote("127.0.0.1", server.port());
    for (int i = 0; i < 2; i++) {
      PeerConnection<?> peer = client.connect().block(LIMIT);
      peer.close().block(LIMIT);
    }
    client
        .expect(NodeKey.generate().id())
        .connect()
        .onErrorComplete(DialException.class)
        .block(LIMIT);
    server.disposeNow(LIMIT);

    monitor.sample();
    History.Sample seen = monitor.history().samples().get(0);
    assertThat(seen.handshake50()).isPositive().isLessThanOrEqualTo(seen.handshake99());
  }

  /** A connection that nothing is known of. */
  private static final class Session implements SessionInfo {

    @Override
    public String id() {
      return "id";
    }

    @Override
    public Direction direction() {
      return Direction.INBOUND;
    }

    @Override
    public SocketAddress remoteAddress() {
      return InetSocketAddress.createUnresolved("nowhere", 0);
    }

    @Override
    public @Nullable NodeId remoteId() {
      return null;
    }

    @Override
    public @Nullable SessionParameters session() {
      return null;
    }
  }
}
