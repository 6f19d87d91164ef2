package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.fleet.TestFleet.Instance;
import io.fluxwire.fleet.TestFleet.Outcome;
import io.fluxwire.fleet.engine.Holding;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** One peer, connected to two instances. */
class DuplicateTest {

  private static final Duration LINGER = FleetSpec.DUPLICATE_LINGER;

  private final NodeId peer = TestFleet.peer();
  private final TestFleet fleet = new TestFleet();
  private final Instance one = fleet.join("one");
  private final Instance two = fleet.join("two");

  private void send(Instance from, String packet) {
    Outcome outcome = Outcome.of(from.fleet().send(peer, Mono.just(packet)));
    fleet.settle();
    assertThat(outcome.failures).isEmpty();
    assertThat(outcome.completed).isTrue();
  }

  @Test
  void theLaterConnectionCountsAtOnceAndForAll() {
    FakeConnection earlier = one.connect(peer);
    FakeConnection later = two.connect(peer);
    send(one, "from one");
    send(two, "from two");
    assertThat(later.written).containsExactly("from one", "from two");
    assertThat(earlier.written).isEmpty();
    assertThat(one.fleet().peers().map(Holding::instance).collectList().block())
        .isEqualTo(List.of(two.fleet().self()));
  }

  @Test
  void theEarlierOneIsClosedAfterATimeAndThePeerIsToldWhy() {
    FakeConnection earlier = one.connect(peer);
    FakeConnection later = two.connect(peer);
    fleet.advance(LINGER.minusMillis(10));
    assertThat(earlier.isDisposed()).isFalse();
    fleet.advance(Duration.ofMillis(20));
    assertThat(earlier.isDisposed()).isTrue();
    assertThat(earlier.problems).singleElement().asString().contains("another instance");
    assertThat(later.isDisposed()).isFalse();
    assertThat(one.fleet().snapshot().counters().duplicates()).isEqualTo(1);
    assertThat(one.fleet().local().peers()).isEmpty();
    assertThat(two.fleet().local().peers()).containsExactly(peer);
  }

  @Test
  void ifThePeerItselfClosesTheLaterOneTheEarlierOneStays() {
    FakeConnection earlier = one.connect(peer);
    FakeConnection later = two.connect(peer);
    fleet.advance(Duration.ofSeconds(10));
    later.end(Reason.CLOSED_BY_PEER);
    fleet.settle();
    send(two, "back");
    assertThat(earlier.written).containsExactly("back");
    fleet.advance(LINGER.multipliedBy(2));
    assertThat(earlier.isDisposed()).isFalse();
  }

  @Test
  void whenTheLatestOfThreeEndsTheOneBeforeItCounts() {
    Instance three = fleet.join("three");
    FakeConnection first = one.connect(peer);
    FakeConnection second = two.connect(peer);
    FakeConnection third = three.connect(peer);
    fleet.advance(Duration.ofSeconds(1));
    third.end(Reason.CLOSED_BY_PEER);
    fleet.settle();
    send(one, "to the second");
    assertThat(second.written).containsExactly("to the second");
    fleet.advance(LINGER);
    assertThat(first.isDisposed()).isTrue();
    assertThat(second.isDisposed()).isFalse();
  }

  @Test
  void whenTheInstanceOfTheLatestOfThreeIsKilledTheOneBeforeItCounts() {
    Instance three = fleet.join("three");
    FakeConnection first = one.connect(peer);
    FakeConnection second = two.connect(peer);
    three.connect(peer);
    fleet.engine.kill(three.fleet().self());
    fleet.settle();
    send(one, "to the second");
    assertThat(second.written).containsExactly("to the second");
    fleet.advance(LINGER);
    assertThat(first.isDisposed()).isTrue();
    assertThat(second.isDisposed()).isFalse();
  }

  @Test
  void aKilledInstanceSupersedesNobody() {
    FakeConnection earlier = one.connect(peer);
    two.connect(peer);
    fleet.engine.kill(two.fleet().self());
    fleet.advance(LINGER.multipliedBy(2));
    assertThat(earlier.isDisposed()).isFalse();
    send(one, "back");
    assertThat(earlier.written).containsExactly("back");
  }

  @Test
  void connectionsThatWereMadeOnBothSidesOfACutAreResolvedWhenItEnds() {
    fleet.engine.partition(List.of(two.fleet().self()));
    fleet.settle();
    FakeConnection earlier = one.connect(peer);
    fleet.advance(Duration.ofSeconds(1));
    FakeConnection later = two.connect(peer);
    fleet.advance(LINGER.multipliedBy(2));
    assertThat(earlier.isDisposed()).isFalse();
    assertThat(later.isDisposed()).isFalse();
    fleet.engine.partition(List.of());
    fleet.settle();
    send(one, "which");
    assertThat(later.written).containsExactly("which");
    fleet.advance(LINGER);
    assertThat(earlier.isDisposed()).isTrue();
    assertThat(later.isDisposed()).isFalse();
  }

  @Test
  void anInstanceWhoseClockIsBehindIsNotBehindOnceItHasSeenAnEpoch() {
    FakeConnection earlier = one.connect(peer);
    long ahead = one.fleet().peers().map(Holding::epoch).blockFirst();
    Epochs epochs = new Epochs(VirtualTimeScheduler.create());
    assertThat(epochs.next()).isLessThan(ahead);
    epochs.seen(ahead);
    assertThat(epochs.next()).isGreaterThan(ahead);
    epochs.seen(Long.MAX_VALUE);
    assertThat(epochs.next()).isBetween(ahead, ahead + 10);
    assertThat(earlier.isDisposed()).isFalse();
  }
}
