package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.HandshakeException;
import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.access.BanList;
import io.fluxwire.crypto.Aead;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.page.History.Sample;
import io.fluxwire.page.Snapshot.Bans;
import io.fluxwire.page.Snapshot.Ending;
import io.fluxwire.page.Snapshot.Limit;
import io.fluxwire.page.Snapshot.Mood;
import io.fluxwire.page.Snapshot.Node;
import io.fluxwire.page.Snapshot.Peer;
import io.fluxwire.page.Snapshot.Session;
import io.fluxwire.page.Snapshot.SessionCount;
import io.fluxwire.page.Snapshot.Status;
import io.fluxwire.page.Snapshot.Tally;
import java.lang.ref.WeakReference;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

class NodeMonitorTest {

  private static final NodeId ID = NodeKey.generate().id();

  private final NodeMonitor monitor = new NodeMonitor();

  private FakeSession established(NodeId id) {
    return FakeSession.established(monitor, id);
  }

  private Snapshot snapshot() {
    return monitor.snapshot(new Node("test", null, false, FakeSession.FACTS), null);
  }

  private List<Peer> peers() {
    return monitor.peers().peers();
  }

  private static NodeId id(int number) {
    return NodeKey.of(HexFormat.of().parseHex("%064x".formatted(number + 1))).id();
  }

  @Test
  void countsWhatComesAndGoes() {
    established(ID).received(4).received(6).sent(3).sent(2).sent(1);

    Traffic.Counts counts = new Traffic.Counts(10, 6, 2, 3);
    assertThat(peers()).extracting(Peer::traffic).containsExactly(counts);
  }

  @Test
  void aPeerThatGoesLeavesItsReasonAndWhatItCarried() {
    monitor.name(ID, "zoë");

    established(ID)
        .received(4)
        .end(CloseReason.of(new ConnectionClosedException(Reason.CONNECTION_LOST, "cut")));

    assertThat(peers()).isEmpty();
    assertThat(snapshot().peerCount()).isZero();
    assertThat(snapshot().ended())
        .extracting(Tally::reason, Tally::count, Tally::who, Tally::text)
        .containsExactly(tuple("CONNECTION_LOST", 1L, ID.toString(), "cut"));
    assertThat(monitor.endingRows(View.FIRST).rows())
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
    established(ID)
        .end(CloseReason.of(new ConnectionClosedException(Reason.CONNECTION_LOST, "cut")));
    established(ID).close();

    established(ID);
    established(NodeKey.generate().id());

    assertThat(peers()).extracting(Peer::lastError).containsExactly("cut", null);
  }

  @Test
  void aThousandPeersCanBeSortedAndFilteredAndAllAreListed() {
    for (int i = 0; i < 1000; i++) {
      established(id(i)).received(i);
    }

    assertThat(snapshot().peerCount()).isEqualTo(1000);
    assertThat(monitor.peerRows(View.of("sort=carried&order=desc&limit=20")).rows())
        .extracting(peer -> peer.traffic().bytesIn())
        .containsExactlyElementsOf(IntStream.range(0, 20).mapToObj(i -> 999L - i).toList());
    assertThat(monitor.peerRows(View.of("filter=" + id(7))).rows())
        .extracting(Peer::id)
        .containsExactly(id(7).toString());
    assertThat(peers()).hasSize(1000);
    assertThat(monitor.health().inbound()).isEqualTo(1000);
  }

  @Test
  void remembersABoundedNumberOfEndings() {
    for (int i = 0; i < 10 * PeerBoard.RECENT; i++) {
      established(id(i)).close();
    }

    assertThat(snapshot().ended()).extracting(Tally::count).containsExactly(10L * PeerBoard.RECENT);
    assertThat(monitor.peers().recent())
        .hasSize(PeerBoard.RECENT)
        .first()
        .extracting(Ending::id)
        .isEqualTo(id(10 * PeerBoard.RECENT - 1).toString());
  }

  @Test
  void whatAPeersSessionNegotiatedIsShown() {
    established(ID);
    FakeSession.established(
        monitor,
        new FakePeer(ID).session(SessionParameters.upgraded(Aead.CHACHA20_POLY1305, true, 0)));

    assertThat(monitor.peers().peers())
        .extracting(Peer::session)
        .containsExactly(
            new Session("v3", null, false), new Session("upgraded", "ChaCha20-Poly1305", true));
  }

  @Test
  void peersAreAskedForAnAnswerOnlyWhileSomebodyWatches() {
    FakePeer peer =
        new FakePeer(ID).session(SessionParameters.upgraded(Aead.AES_128_GCM, false, 0));
    FakeSession session = FakeSession.established(monitor, peer);
    monitor.ping(peer);
    assertThat(monitor.peers().peers()).extracting(Peer::roundTrip).containsOnlyNulls();
    assertThat(peer.pings()).as("by the list").isZero();

    snapshot();
    assertThat(peer.pings()).as("by what shows no peers").isZero();
    monitor.peerRows(View.of("filter=nobody"));
    assertThat(peer.pings()).as("by those who look at others").isZero();

    monitor.peerRows(View.FIRST);
    assertThat(peer.pings()).isEqualTo(1);
    session.answered(Duration.ofMillis(3));
    assertThat(monitor.peerRows(View.FIRST).rows())
        .extracting(Peer::roundTrip)
        .containsExactly(3.0);

    session.close();
    monitor.ping(peer);
    assertThat(monitor)
        .extracting("sessions.rows")
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .as("of what has ended")
        .isEmpty();
  }

  @Test
  void aConnectionThatNobodyWatchesIsNotAsked() {
    FakePeer stranger =
        new FakePeer(ID).session(SessionParameters.upgraded(Aead.AES_128_GCM, false, 0));
    monitor.ping(stranger);
    monitor.peerRows(View.FIRST);
    assertThat(stranger.pings()).isZero();
  }

  private Sample second() {
    monitor.sample();
    return monitor.history().samples().get(monitor.history().samples().size() - 1);
  }

  @Test
  void roundTripsAreThoseOfASecondAndTheApplicationsComeFirst() {
    monitor.keepHistory(Flux.never());
    FakeSession session = established(ID).answered(Duration.ofMillis(9));
    assertThat(second().roundTrip99()).as("of a ping").isBetween(8.9, 9.1);

    monitor.roundTrip(1_000_000);
    monitor.roundTrip(3_000_000);
    session.answered(Duration.ofMillis(9));
    Sample measured = second();
    assertThat(measured.roundTrips()).isEqualTo(2);
    assertThat(measured.roundTrip99()).isBetween(2.9, 3.1);

    session.answered(Duration.ofMillis(9));
    assertThat(second().roundTrip50()).as("pings are another thing").isNull();
  }

  @Test
  void aSecondOfTheHistoryHasWhatAllPeersDid() {
    monitor.keepHistory(Flux.never());
    established(ID).received(4).queued(10).stalled().waitedForDemand().close();
    established(ID).queued(5).written(5).queued(7);
    monitor.sessions().traffic(FakeSession.of(new FakePeer(ID), monitor)).onWrite(1);

    Sample first = second();
    assertThat(first.bytesIn()).isPositive();
    assertThat(first)
        .extracting(
            Sample::peers,
            Sample::opened,
            Sample::ended,
            Sample::queued,
            Sample::stalls,
            Sample::demandWaits)
        .containsExactly(1, 2L, 1L, 18L, 1L, 1L);
    assertThat(second())
        .extracting(Sample::bytesIn, Sample::opened, Sample::ended, Sample::queued, Sample::stalls)
        .containsExactly(0L, 0L, 0L, 18L, 0L);
  }

  @Test
  void aPeersRowHasItsRateAndWhatWaits() {
    FakeSession session = established(ID).queued(8).written(5).stalled().waitedForDemand();
    snapshot();
    assertThat(peers()).extracting(Peer::rate).containsOnlyNulls();
    session.received(100).sent(1);
    snapshot();

    assertThat(peers().get(0).pressure()).isEqualTo(new Traffic.Pressure(3, 1, 1));
    assertThat(peers().get(0).rate().bytesIn()).isPositive();
    assertThat(peers().get(0).rate().bytesIn()).isGreaterThan(peers().get(0).rate().bytesOut());
  }

  @Test
  void refusalsAreCountedByReason() {
    for (int i = 0; i < 1000; i++) {
      monitor.refused(
          new InetSocketAddress("192.0.2.1", i),
          new HandshakeException(Reason.TOO_MANY_CONNECTIONS, "there are " + i));
    }
    monitor.refused(
        new InetSocketAddress("192.0.2.2", 1),
        new HandshakeException(Reason.ADDRESS_REFUSED, "not from there"));

    assertThat(snapshot().refused())
        .extracting(Tally::reason, Tally::count, Tally::who, Tally::text)
        .containsExactly(
            tuple("TOO_MANY_CONNECTIONS", 1000L, "192.0.2.1:999", "there are 999"),
            tuple("ADDRESS_REFUSED", 1L, "192.0.2.2:1", "not from there"));
    assertThat(snapshot().ended()).isEmpty();
  }

  @Test
  void bansAreCountedOnceAListIsKnown() {
    assertThat(snapshot().bans()).isNull();
    BanList bans = BanList.create();
    monitor.bans(bans);
    assertThat(snapshot().bans()).isEqualTo(new Bans(0, null));

    bans.ban(ID, Duration.ofHours(2));
    bans.ban("192.0.2.0/24", Duration.ofHours(1));
    assertThat(snapshot().bans().count()).isEqualTo(2);
    assertThat(snapshot().bans().nextEnd())
        .isBetween(Duration.ofMinutes(50).toMillis(), Duration.ofHours(1).toMillis());
  }

  @Test
  void whatSessionsNegotiatedIsCounted() {
    SessionParameters upgraded = SessionParameters.upgraded(Aead.AES_128_GCM, true, 0);
    established(ID);
    FakeSession.established(monitor, new FakePeer(ID).session(upgraded));
    FakeSession.established(monitor, new FakePeer(ID).session(upgraded));

    assertThat(snapshot().sessions())
        .containsExactly(
            new SessionCount(new Session("upgraded", "AES-128-GCM", true), 2),
            new SessionCount(new Session("v3", null, false), 1));
  }

  @Test
  void theStateIsTheNodes() {
    assertThat(snapshot().status().mood()).isEqualTo(Mood.IDLE);

    DisposablePeerServer server =
        monitor
            .watch(PeerServer.create().host("127.0.0.1").limits(l -> l.connections(7)))
            .bindNow();
    assertThat(snapshot().status().mood()).isEqualTo(Mood.LISTENING);
    assertThat(snapshot().servers())
        .singleElement()
        .satisfies(
            shown -> {
              assertThat(shown.address()).isEqualTo("127.0.0.1:" + server.port());
              assertThat(shown.id()).isEqualTo(server.id().toString());
              assertThat(shown.connections()).isEqualTo(new Limit(0, 7L));
              assertThat(shown.bytes()).isEqualTo(new Limit(0, 64L << 20));
            });

    Consumer<DialEvent> link = monitor.link();
    link.accept(new DialEvent.AttemptStarted("far:1", server.address(), 1));
    assertThat(snapshot().status())
        .extracting(Status::mood, Status::targets, Status::down)
        .containsExactly(Mood.DIALING, 1, 1);

    FakeSession session = established(ID);
    assertThat(snapshot().status().mood()).isEqualTo(Mood.PARTLY_CONNECTED);
    link.accept(new DialEvent.Connected("far:1", server.address(), ID, 0));
    assertThat(snapshot().status())
        .extracting(Status::mood, Status::targets, Status::down)
        .containsExactly(Mood.CONNECTED, 1, 0);

    link.accept(new DialEvent.Stopped("far:1", null));
    session.close();
    assertThat(snapshot().status().mood()).isEqualTo(Mood.LISTENING);
    server.disposeNow(Duration.ofSeconds(30));
    assertThat(snapshot().status().mood()).isEqualTo(Mood.IDLE);
    assertThat(snapshot().servers()).isEmpty();
  }

  @Test
  void aMonitorThatNobodyHoldsIsSampledNoMore() throws InterruptedException {
    WeakReference<NodeMonitor> gone = new WeakReference<>(recorded());
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (gone.get() != null) {
      assertThat(System.nanoTime()).as("it is held").isLessThan(deadline);
      System.gc();
      Thread.sleep(10);
    }
  }

  private static NodeMonitor recorded() {
    NodeMonitor recorded = new NodeMonitor();
    recorded.keepHistory(Flux.interval(Duration.ofMillis(1)));
    return recorded;
  }
}
