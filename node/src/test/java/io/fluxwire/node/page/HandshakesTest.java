package io.fluxwire.node.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.page.Snapshot.Node;
import io.fluxwire.node.page.Snapshot.Percentiles;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class HandshakesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private long millis;
  private final Handshakes handshakes = new Handshakes(() -> millis * 1_000_000);
  private final ObservationRegistry registry = ObservationRegistry.create();

  HandshakesTest() {
    registry.observationConfig().observationHandler(handshakes);
  }

  private Observation start(String name) {
    return Observation.start(name, registry);
  }

  private void handshake(long took) {
    Observation observation = start("fluxwire.handshake");
    millis += took;
    observation.stop();
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
  void leavesOutWhatDidNotGoWellAndWhatIsNoHandshake() {
    Observation failed = start("fluxwire.handshake");
    failed.highCardinalityKeyValue("fluxwire.reason", "handshake_timeout").stop();
    start("fluxwire.session").stop();
    assertThat(handshakes.percentiles()).isNull();
  }

  @Test
  void aNodeThatIsDialledHasItsHandshakesOnThePage() {
    Monitor monitor = new Monitor();
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

    Percentiles seen = monitor.snapshot(new Node("test", null), null).handshakes();
    assertThat(seen.count()).isEqualTo(2);
    assertThat(seen.p50()).isPositive().isLessThanOrEqualTo(seen.max());
  }
}
