package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.fleet.TestFleet.Instance;
import io.fluxwire.fleet.TestFleet.Outcome;
import io.fluxwire.fleet.UnreliableEngine.Fate;
import io.fluxwire.fleet.engine.MemoryEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What comes of packets for peers, wherever these are. */
class FleetSendTest {

  private final NodeId peer = TestFleet.peer();
  private final TestFleet fleet = new TestFleet();
  private final Instance one = fleet.join("one");
  private final Instance two = fleet.join("two");

  private Outcome send(Instance from, Flux<String> packets) {
    Outcome outcome = Outcome.of(from.fleet().send(peer, packets));
    fleet.settle();
    return outcome;
  }

  private Outcome sendOne(Instance from, String packet) {
    Outcome outcome = Outcome.of(from.fleet().send(peer, Mono.just(packet)));
    fleet.settle();
    return outcome;
  }

  private static Flux<String> numbers(int count) {
    return Flux.range(0, count).map(String::valueOf);
  }

  private static List<String> listed(int count) {
    return IntStream.range(0, count).mapToObj(String::valueOf).toList();
  }

  @Test
  void aPacketReachesThePeerFromEachInstance() {
    FakeConnection connection = two.connect(peer);
    assertThat(sendOne(two, "here").completed).isTrue();
    assertThat(sendOne(one, "there").completed).isTrue();
    assertThat(connection.written).containsExactly("here", "there");
    assertThat(one.fleet().snapshot().counters().forwarded()).isEqualTo(1);
    assertThat(two.fleet().snapshot().counters().received()).isEqualTo(1);
    assertThat(two.fleet().snapshot().counters().forwarded()).isZero();
  }

  @Test
  void manyPacketsKeepTheirOrder() {
    FakeConnection connection = two.connect(peer);
    assertThat(send(one, numbers(10_000)).completed).isTrue();
    assertThat(connection.written).isEqualTo(listed(10_000));
    assertThat(one.fleet().snapshot().sending()).isZero();
    assertThat(two.fleet().snapshot().receiving()).isZero();
    assertThat(two.fleet().snapshot().pendingBytes()).isZero();
  }

  @Test
  void theSourceIsAskedForNoMoreThanThePeersSocketTakes() {
    FakeConnection connection = two.connect(peer);
    connection.stall();
    List<Long> taken = new ArrayList<>();
    Outcome outcome =
        send(one, numbers(10_000).doOnNext(number -> taken.add(Long.valueOf(number))));
    assertThat(taken).hasSize(128);
    assertThat(connection.queued()).isEqualTo(128);
    connection.take(300);
    fleet.settle();
    assertThat(connection.written).isEqualTo(listed(300));
    assertThat(taken).hasSizeBetween(413, 428);
    assertThat(outcome.isOver()).isFalse();
    connection.take(Long.MAX_VALUE);
    fleet.settle();
    assertThat(outcome.completed).isTrue();
    assertThat(connection.written).isEqualTo(listed(10_000));
  }

  @Test
  void aPeerThatNobodyHasIsATypedError() {
    Outcome outcome = sendOne(one, "lost");
    assertThat(outcome.failure().reason()).isEqualTo(Reason.PEER_NOT_HELD);
    assertThat(outcome.failure().unknown()).isZero();
    assertThat(outcome.failure().delivered()).isZero();
  }

  @Test
  void aSendWaitsForThePeerIfItIsAsked() {
    Outcome outcome =
        Outcome.of(one.fleet().send(peer, Mono.just("early"), Duration.ofSeconds(10)));
    fleet.advance(Duration.ofSeconds(9));
    assertThat(outcome.isOver()).isFalse();
    FakeConnection connection = two.connect(peer);
    fleet.settle();
    assertThat(connection.written).containsExactly("early");
    assertThat(outcome.completed).isTrue();
  }

  @Test
  void theWaitEnds() {
    Outcome outcome =
        Outcome.of(one.fleet().send(peer, Mono.just("early"), Duration.ofSeconds(10)));
    fleet.advance(Duration.ofSeconds(11));
    assertThat(outcome.failure().reason()).isEqualTo(Reason.PEER_NOT_HELD);
  }

  @Test
  void aSendWaitsForThePeerToConnectHere() {
    Outcome outcome = Outcome.of(one.fleet().send(peer, numbers(200), Duration.ofSeconds(10)));
    FakeConnection connection = one.connect(peer);
    fleet.settle();
    assertThat(connection.written).isEqualTo(listed(200));
    assertThat(outcome.completed).isTrue();
  }

  @Test
  void aFalseHintIsAskedAboutAndTheSenderLooksAgain() {
    FakeConnection first = two.connect(peer);
    assertThat(sendOne(one, "first").completed).isTrue();
    Instance three = fleet.join("three");
    // Nobody learns that the peer has moved before the packets are on their way.
    fleet.latencyMillis = () -> 5;
    first.end(Reason.CLOSED_BY_PEER);
    Outcome outcome = Outcome.of(one.fleet().send(peer, numbers(100)));
    FakeConnection second = three.connect(peer);
    fleet.advance(Duration.ofSeconds(1));
    assertThat(outcome.failures).isEmpty();
    assertThat(outcome.completed).isTrue();
    assertThat(first.written).containsExactly("first");
    assertThat(second.written).isEqualTo(listed(100));
    assertThat(one.fleet().snapshot().counters().misses()).isEqualTo(1);
  }

  @Test
  void aRowWhoseReleaseWasLostIsReleasedByTheFirstWhoAsks() {
    fleet.wrapping = LosingReleases::new;
    Instance three = fleet.join("three");
    three.connect(peer).end(Reason.CLOSED_BY_PEER);
    fleet.settle();
    assertThat(one.fleet().whereIs(peer).block()).isEqualTo(three.fleet().self());
    Outcome outcome = Outcome.of(one.fleet().send(peer, Mono.just("lost")));
    fleet.advance(FleetSpec.LOOK_AGAIN.plusSeconds(1));
    assertThat(outcome.failure().reason()).isEqualTo(Reason.PEER_NOT_HELD);
    assertThat(one.fleet().whereIs(peer).block()).isNull();
  }

  @Test
  void whatNobodyTakesAfterAFalseHintIsATypedError() {
    FakeConnection first = two.connect(peer);
    sendOne(one, "first");
    fleet.latencyMillis = () -> 5;
    first.end(Reason.CLOSED_BY_PEER);
    Outcome outcome = Outcome.of(one.fleet().send(peer, numbers(3)));
    fleet.advance(Duration.ofSeconds(1));
    assertThat(outcome.isOver()).isFalse();
    fleet.advance(FleetSpec.LOOK_AGAIN);
    assertThat(outcome.failure().reason()).isEqualTo(Reason.PEER_NOT_HELD);
    assertThat(outcome.failure().unknown()).isZero();
  }

  @Test
  void anInstanceThatStaysFullIsNamedAndNotSaidToLackThePeer() {
    Instance full = fleet.join("full", spec -> spec.window(128).pendingBytes(1 << 20));
    Instance sender = fleet.join("sender", spec -> spec.window(128));
    FakeConnection connection = full.connect(peer);
    connection.stall();
    connection.readAhead(1);
    Outcome filling = send(sender, Flux.range(0, 128).map(number -> "x".repeat(8_000)));
    assertThat(filling.isOver()).isFalse();
    assertThat(full.fleet().snapshot().pendingBytes()).isGreaterThan(900_000);

    Outcome outcome = sendOne(one, "y".repeat(200_000));
    assertThat(outcome.isOver()).isFalse();
    fleet.advance(FleetSpec.LOOK_AGAIN.plusSeconds(1));

    assertThat(outcome.failure().reason()).isEqualTo(Reason.FORWARDING_FAILED);
    assertThat(outcome.failure()).hasMessageContaining("instance " + full.fleet().self());
    assertThat(outcome.failure().unknown()).isZero();
  }

  @Test
  void theEndOfTheConnectionSaysHowManyWereDelivered() {
    FakeConnection connection = two.connect(peer);
    connection.stall();
    Outcome outcome = send(one, numbers(10_000));
    connection.take(300);
    fleet.settle();
    connection.end(Reason.CONNECTION_LOST);
    fleet.settle();
    FleetSendException failure = outcome.failure();
    assertThat(failure.reason()).isEqualTo(Reason.CONNECTION_LOST);
    assertThat(failure.delivered()).isEqualTo(300);
    assertThat(failure.unknown()).isBetween(113L, 128L);
    assertThat(one.fleet().snapshot().sending()).isZero();
    assertThat(two.fleet().snapshot().pendingBytes()).isZero();
  }

  @Test
  void anInstanceThatIsKilledLeavesTheOutcomeUnknownAndNothingIsSentAgain() {
    FakeConnection connection = two.connect(peer);
    connection.stall();
    Outcome outcome = send(one, numbers(50));
    assertThat(connection.queued()).isEqualTo(50);
    fleet.engine.kill(two.fleet().self());
    FakeConnection elsewhere = fleet.join("three").connect(peer);
    fleet.advance(Duration.ofMinutes(1));
    assertThat(outcome.failure().reason()).isEqualTo(Reason.FORWARDING_FAILED);
    assertThat(outcome.failure().unknown()).isEqualTo(50);
    assertThat(elsewhere.written).isEmpty();
  }

  @Test
  void aStreamThatWaitsForTheSocketLivesOnProbes() {
    FakeConnection connection = two.connect(peer);
    connection.stall();
    Outcome outcome = send(one, numbers(50));
    fleet.advance(Duration.ofMinutes(10));
    assertThat(outcome.isOver()).isFalse();
    connection.take(50);
    fleet.settle();
    assertThat(outcome.completed).isTrue();
  }

  @Test
  void aSourceThatIsSilentDoesNotEndItsStream() {
    FakeConnection connection = two.connect(peer);
    Sinks.Many<String> source = Sinks.many().unicast().onBackpressureBuffer();
    Outcome outcome = send(one, source.asFlux());
    fleet.advance(Duration.ofMinutes(10));
    source.tryEmitNext("late");
    fleet.advance(Duration.ofMinutes(10));
    source.tryEmitNext("later");
    source.tryEmitComplete();
    fleet.settle();
    assertThat(connection.written).containsExactly("late", "later");
    assertThat(outcome.completed).isTrue();
  }

  /** Of the messages to the second instance. */
  private void losing(int number, int count) {
    int[] messages = new int[1];
    fleet.wrapping =
        engine ->
            new UnreliableEngine(
                engine, fleet.time, () -> messages[0]++ == number ? Fate.LOST : Fate.ARRIVES);
    Instance three = fleet.join("three");
    fleet.wrapping = engine -> engine;
    FakeConnection connection = three.connect(peer);
    Outcome outcome = send(one, numbers(count));
    fleet.advance(Duration.ofSeconds(20));
    assertThat(outcome.isOver()).as("without message %d of %d packets", number, count).isTrue();
    if (outcome.completed) {
      assertThat(connection.written).isEqualTo(listed(count));
    } else {
      assertThat(outcome.failure().reason()).isEqualTo(Reason.FORWARDING_FAILED);
      assertThat((long) connection.written.size())
          .isBetween(
              outcome.failure().delivered(),
              outcome.failure().delivered() + outcome.failure().unknown());
    }
    assertThat(three.fleet().snapshot().receiving()).isZero();
    three.fleet().dispose();
    fleet.settle();
  }

  @Test
  void aLostPacketIsNoticedThoughNoOtherFollows() {
    int[] messages = new int[1];
    fleet.wrapping =
        engine ->
            new UnreliableEngine(
                engine, fleet.time, () -> messages[0]++ == 1 ? Fate.LOST : Fate.ARRIVES);
    Instance three = fleet.join("three");
    three.connect(peer);
    Outcome outcome = send(one, Flux.just("first", "lost").concatWith(Flux.never()));
    fleet.advance(FleetGroup.TICK.multipliedBy(2));
    assertThat(outcome.failure().reason()).isEqualTo(Reason.FORWARDING_FAILED);
  }

  @Test
  void anyMessageMayGetLost() {
    for (int count : List.of(1, 2, 10, 40)) {
      for (int number = 0; number <= count; number++) {
        losing(number, count);
      }
    }
  }

  @Test
  void aCancelledSendStopsAtTheOtherInstance() {
    FakeConnection connection = two.connect(peer);
    connection.stall();
    Disposable send = one.fleet().send(peer, numbers(10_000)).subscribe();
    fleet.settle();
    send.dispose();
    fleet.settle();
    connection.take(Long.MAX_VALUE);
    fleet.settle();
    assertThat(connection.written).isEmpty();
    assertThat(one.fleet().snapshot().sending()).isZero();
    assertThat(two.fleet().snapshot().receiving()).isZero();
    assertThat(two.fleet().snapshot().pendingBytes()).isZero();
  }

  @Test
  void whatASourceGaveBeforeItFailedIsSent() {
    FakeConnection connection = two.connect(peer);
    IllegalStateException failure = new IllegalStateException("the source");
    Outcome outcome = send(one, numbers(50).concatWith(Flux.error(failure)));
    assertThat(outcome.failures).containsExactly(failure);
    assertThat(connection.written).isEqualTo(listed(50));
    assertThat(two.fleet().snapshot().receiving()).isZero();
  }

  @Test
  void aPacketThatIsTooLargeForTheEngineIsATypedError() {
    FakeConnection connection = two.connect(peer);
    Outcome outcome = sendOne(one, "x".repeat(MemoryEngine.MAX_MESSAGE));
    assertThat(outcome.failures)
        .singleElement()
        .isInstanceOfSatisfying(
            PacketException.class,
            failure -> assertThat(failure.reason()).isEqualTo(Reason.PACKET_UNSENDABLE));
    assertThat(connection.written).isEmpty();
    assertThat(sendOne(one, "x".repeat(MemoryEngine.MAX_MESSAGE - FleetFrames.OVERHEAD)).completed)
        .isTrue();
  }

  @Test
  void anInstanceThatHasNotJoinedSendsToItsOwnPeersOnly() {
    Instance alone = fleet.make("alone", spec -> spec);
    FakeConnection connection = alone.connect(peer);
    assertThat(sendOne(alone, "here").completed).isTrue();
    assertThat(connection.written).containsExactly("here");
    Outcome outcome = Outcome.of(alone.fleet().send(TestFleet.peer(), Mono.just("there")));
    assertThat(outcome.failure().reason()).isEqualTo(Reason.FORWARDING_FAILED);
  }

  @Test
  void anEmptySourceCompletes() {
    two.connect(peer);
    assertThat(send(one, Flux.empty()).completed).isTrue();
    assertThat(one.fleet().snapshot().sending()).isZero();
    assertThat(two.fleet().snapshot().receiving()).isZero();
  }

  @Test
  void whereAPeerIs() {
    assertThat(one.fleet().whereIs(peer).block()).isNull();
    FakeConnection connection = two.connect(peer);
    assertThat(one.fleet().whereIs(peer).block()).isEqualTo(two.fleet().self());
    assertThat(two.fleet().whereIs(peer).block()).isEqualTo(two.fleet().self());
    connection.end(Reason.CLOSED_BY_PEER);
    fleet.settle();
    assertThat(one.fleet().whereIs(peer).block()).isNull();
    assertThat(one.fleet().members())
        .containsExactlyInAnyOrder(one.fleet().self(), two.fleet().self());
  }
}
