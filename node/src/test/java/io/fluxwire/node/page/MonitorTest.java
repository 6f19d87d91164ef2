package io.fluxwire.node.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.node.page.Monitor.Direction;
import io.fluxwire.node.page.Snapshot.Ending;
import io.fluxwire.node.page.Snapshot.Node;
import io.fluxwire.node.page.Snapshot.Peer;
import io.fluxwire.node.page.Snapshot.Session;
import java.time.Duration;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

class MonitorTest {

  private static final NodeId ID = NodeKey.generate().id();

  private final Monitor monitor = new Monitor();

  private PeerConnection<String> watch(FakePeer peer) {
    return monitor.watch(peer, Direction.INBOUND, String::length);
  }

  private Snapshot snapshot() {
    return monitor.snapshot(new Node("test", null), null);
  }

  private static NodeId id(int number) {
    return NodeKey.of(HexFormat.of().parseHex("%064x".formatted(number + 1))).id();
  }

  @Test
  void countsWhatComesAndGoes() {
    PeerConnection<String> peer = watch(new FakePeer(ID, "four", "sixsix"));

    peer.receive().blockLast();
    peer.send(Flux.just("abc", "de", "f")).block();

    Traffic.Counts counts = new Traffic.Counts(10, 6, 2, 3);
    assertThat(snapshot().total()).isEqualTo(counts);
    assertThat(snapshot().peers()).extracting(Peer::traffic).containsExactly(counts);
  }

  @Test
  void aPeerThatGoesLeavesItsReasonAndWhatItCarried() {
    FakePeer fake = new FakePeer(ID, "four");
    monitor.name(ID, "zoë");
    watch(fake).receive().blockLast();

    fake.end(CloseReason.of(new ConnectionClosedException(Reason.CONNECTION_LOST, "cut")));

    Snapshot after = snapshot();
    assertThat(after.peers()).isEmpty();
    assertThat(after.peerCount()).isZero();
    assertThat(after.opened()).isEqualTo(1);
    assertThat(after.ended()).isEqualTo(1);
    assertThat(after.total().bytesIn()).isEqualTo(4);
    assertThat(after.recent())
        .singleElement()
        .satisfies(
            ending -> {
              assertThat(ending.id()).isEqualTo(ID.toString());
              assertThat(ending.name()).isEqualTo("zoë");
              assertThat(ending.reason()).isEqualTo("CONNECTION_LOST");
              assertThat(ending.fault()).isTrue();
            });
  }

  @Test
  void aPeerThatComesBackHasTheFaultThatEndedItBefore() {
    FakePeer lost = new FakePeer(ID);
    watch(lost);
    lost.end(CloseReason.of(new ConnectionClosedException(Reason.CONNECTION_LOST, "cut")));
    FakePeer closed = new FakePeer(ID);
    watch(closed);
    closed.dispose();

    watch(new FakePeer(ID));
    watch(new FakePeer(NodeKey.generate().id()));

    assertThat(snapshot().peers()).extracting(Peer::lastError).containsExactly("cut", null);
  }

  @Test
  void ofAThousandPeersThoseThatCarriedMostAreShownAndAllAreListed() {
    for (int i = 0; i < 1000; i++) {
      watch(new FakePeer(id(i), "x".repeat(i))).receive().blockLast();
    }

    Snapshot shown = snapshot();
    assertThat(shown.peerCount()).isEqualTo(1000);
    assertThat(shown.peers())
        .extracting(peer -> peer.traffic().bytesIn())
        .containsExactlyElementsOf(
            IntStream.range(0, Monitor.SHOWN).mapToObj(i -> 999L - i).toList());
    assertThat(monitor.peers().peers()).hasSize(1000);
    assertThat(monitor.health().inbound()).isEqualTo(1000);
  }

  @Test
  void remembersABoundedNumberOfEndings() {
    for (int i = 0; i < 10 * PeerBoard.RECENT; i++) {
      FakePeer peer = new FakePeer(id(i));
      watch(peer);
      peer.dispose();
    }

    assertThat(snapshot().ended()).isEqualTo(10L * PeerBoard.RECENT);
    assertThat(snapshot().recent())
        .hasSize(PeerBoard.RECENT)
        .first()
        .extracting(Ending::id)
        .isEqualTo(id(10 * PeerBoard.RECENT - 1).toString());
  }

  @Test
  void whatAPeersSessionNegotiatedIsShown() {
    watch(new FakePeer(ID));
    watch(new FakePeer(ID).session(SessionParameters.upgraded(Aead.CHACHA20_POLY1305, true, 0)));

    assertThat(monitor.peers().peers())
        .extracting(Peer::session)
        .containsExactly(
            new Session("v3", null, false), new Session("upgraded", "ChaCha20-Poly1305", true));
  }

  @Test
  void peersAreAskedForAnAnswerOnlyWhileSomebodyWatches() {
    FakePeer peer =
        new FakePeer(ID).session(SessionParameters.upgraded(Aead.AES_128_GCM, false, 0));
    watch(peer);
    assertThat(monitor.peers().peers()).extracting(Peer::roundTrip).containsOnlyNulls();
    assertThat(peer.pings()).as("by the list").isZero();

    snapshot();
    peer.answer(Duration.ofMillis(3));
    assertThat(snapshot().peers()).extracting(Peer::roundTrip).containsExactly(3.0);
    assertThat(peer.pings()).isEqualTo(1);
    assertThat(monitor.peers().peers()).extracting(Peer::roundTrip).containsExactly(3.0);
  }

  @Test
  void eachSnapshotHasTheRoundTripsSinceTheLast() {
    monitor.roundTrip(1_000_000);
    monitor.roundTrip(3_000_000);

    assertThat(snapshot().roundTrips())
        .satisfies(
            times -> {
              assertThat(times.count()).isEqualTo(2);
              assertThat(times.max()).isBetween(2.9, 3.1);
            });
    assertThat(snapshot().roundTrips()).isNull();

    monitor.roundTrip(5_000_000);
    monitor.forgetRoundTrips();
    assertThat(snapshot().roundTrips()).isNull();
  }
}
