package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.dial.AddressSource;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;

class DrainingTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final NodeKey key = NodeKey.generate();
  private final AtomicBoolean draining = new AtomicBoolean(true);
  private final List<Reason> refusals = new CopyOnWriteArrayList<>();
  private final Sinks.One<Reason> refused = Sinks.one();
  private final DisposablePeerServer leaving =
      PeerServer.create(key)
          .host("127.0.0.1")
          .refuseWhile(draining::get)
          .doOnHandshakeFailure(failure -> refused(failure.cause().reason()))
          .bindNow();
  private final DisposablePeerServer staying = PeerServer.create(key).host("127.0.0.1").bindNow();

  private void refused(Reason reason) {
    refusals.add(reason);
    refused.tryEmitValue(reason);
  }

  @AfterEach
  void stop() {
    leaving.disposeNow(LIMIT);
    staying.disposeNow(LIMIT);
  }

  /** Whoever dials can know of it before the server has told. */
  private void awaitRefusal() {
    assertThat(refused.asMono().block(LIMIT)).isEqualTo(Reason.DRAINING);
    assertThat(refusals).containsExactly(Reason.DRAINING);
  }

  @Test
  void aServerThatIsDrainedTakesNoNewConnections() {
    assertThatThrownBy(() -> PeerClient.create().remote(leaving.address()).connect().block(LIMIT))
        .isInstanceOfSatisfying(
            DialException.class, failure -> assertThat(failure.isRetryable()).isTrue());
    awaitRefusal();
    draining.set(false);
    PeerConnection<Pkt> peer = PeerClient.create().remote(leaving.address()).connect().block(LIMIT);
    draining.set(true);
    assertThat(peer.isDisposed()).isFalse();
    peer.dispose();
  }

  @Test
  void whoDialsItGoesToTheNextAddressInTheSameRound() {
    PeerConnection<Pkt> peer =
        PeerClient.create()
            .remote(AddressSource.of(leaving.address(), staying.address()))
            .connect()
            .block(LIMIT);
    awaitRefusal();
    assertThat(peer.remoteAddress()).isEqualTo(staying.address());
    peer.dispose();
  }
}
