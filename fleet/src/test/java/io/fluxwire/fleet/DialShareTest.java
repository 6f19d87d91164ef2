package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.fleet.TestFleet.Instance;
import io.fluxwire.fleet.engine.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who dials a peer that all instances know. */
class DialShareTest {

  private final TestFleet fleet = new TestFleet();
  private final List<NodeId> peers =
      IntStream.range(0, 60).mapToObj(number -> TestFleet.peer()).toList();
  private final Map<InstanceId, Map<NodeId, FakeDials>> dials = new HashMap<>();

  private Instance join(String name) {
    Instance instance = fleet.join(name);
    Map<NodeId, FakeDials> own = new HashMap<>();
    for (NodeId peer : peers) {
      FakeDials source = new FakeDials(peer, fleet.time);
      own.put(peer, source);
      instance.fleet().dial(peer, source);
    }
    dials.put(instance.fleet().self(), own);
    return instance;
  }

  private List<InstanceId> holders(NodeId peer) {
    return dials.entrySet().stream()
        .filter(entry -> entry.getValue().get(peer).isUp())
        .map(Map.Entry::getKey)
        .toList();
  }

  private long connected(Instance instance) {
    return dials.get(instance.fleet().self()).values().stream().filter(FakeDials::isUp).count();
  }

  private void assertEachIsHeldOnce() {
    assertThat(peers).allSatisfy(peer -> assertThat(holders(peer)).hasSize(1));
  }

  /** Looks in between, too. */
  private void advanceWithoutDoubles(Duration by) {
    for (long millis = 0; millis < by.toMillis(); millis += 50) {
      fleet.advance(Duration.ofMillis(50));
      for (NodeId peer : peers) {
        long busy =
            dials.values().stream()
                .map(own -> own.get(peer))
                .filter(dial -> dial.isDialling || dial.isUp())
                .count();
        assertThat(busy).isLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void theDialsAreDividedAndEachIsDoneOnce() {
    Instance one = join("one");
    Instance two = join("two");
    Instance three = join("three");
    advanceWithoutDoubles(Duration.ofSeconds(10));
    assertEachIsHeldOnce();
    assertThat(connected(one) + connected(two) + connected(three)).isEqualTo(60);
    // The first one has dialled all before the others joined.
    assertThat(one.fleet().snapshot().dials()).isBetween(8, 35);
    assertThat(two.fleet().snapshot().dials()).isBetween(8, 35);
    assertThat(three.fleet().snapshot().dials()).isBetween(8, 35);
    assertThat(one.fleet().snapshot().sharedDials()).isEqualTo(60);
  }

  @Test
  void anInstanceThatJoinsGetsItsPartAsConnectionsEnd() {
    Instance one = join("one");
    fleet.advance(Duration.ofSeconds(5));
    assertThat(connected(one)).isEqualTo(60);
    Instance two = join("two");
    advanceWithoutDoubles(Duration.ofSeconds(10));
    // A move costs no connection.
    assertThat(connected(one)).isEqualTo(60);
    for (FakeDials dial : dials.get(one.fleet().self()).values()) {
      dial.made.get(0).end(Reason.CLOSED_BY_PEER);
    }
    advanceWithoutDoubles(Duration.ofSeconds(10));
    assertEachIsHeldOnce();
    assertThat(connected(two)).isEqualTo(two.fleet().snapshot().dials()).isPositive();
  }

  @Test
  void whoOnlyLooksGetsNoPart() {
    Instance observer = fleet.join("observer", FleetSpec::observer);
    Instance one = join("one");
    Instance two = join("two");
    advanceWithoutDoubles(Duration.ofSeconds(10));
    assertEachIsHeldOnce();
    assertThat(one.fleet().snapshot().dials() + two.fleet().snapshot().dials()).isEqualTo(60);

    Instance late = fleet.join("late", FleetSpec::observer);
    fleet.settle();
    assertThat(one.fleet().snapshot().dials() + two.fleet().snapshot().dials()).isEqualTo(60);
    assertThat(one.fleet().snapshot().draining())
        .containsExactlyInAnyOrder(observer.fleet().self(), late.fleet().self());
  }

  @Test
  void theDialsOfAnInstanceThatIsKilledMove() {
    Instance one = join("one");
    Instance two = join("two");
    Instance three = join("three");
    fleet.advance(Duration.ofSeconds(10));
    Set<NodeId> before = new HashSet<>();
    for (NodeId peer : peers) {
      if (!holders(peer).contains(one.fleet().self())) {
        before.add(peer);
      }
    }
    fleet.engine.kill(one.fleet().self());
    dials.remove(one.fleet().self());
    // Not even a handover is to be waited for.
    fleet.advance(FakeDials.DIAL.plusMillis(50));
    assertEachIsHeldOnce();
    assertThat(connected(two) + connected(three)).isEqualTo(60);
    assertThat(
            two.fleet().snapshot().counters().moves() + three.fleet().snapshot().counters().moves())
        .isGreaterThanOrEqualTo(60 - before.size());
  }

  @Test
  void anAttemptIsGivenUpWhenTheDialMoves() {
    Instance one = join("one");
    fleet.advance(Duration.ofMillis(100));
    assertThat(dials.get(one.fleet().self()).values()).allMatch(dial -> dial.isDialling);
    Instance two = join("two");
    fleet.advance(Duration.ofMillis(1));
    long moved = two.fleet().snapshot().dials();
    // The first one has 2 s to learn of it.
    fleet.advance(FleetSpec.HANDOVER.minusMillis(100));
    assertThat(dials.get(two.fleet().self()).values())
        .noneMatch(dial -> dial.isDialling || dial.isUp());
    assertThat(dials.get(one.fleet().self()).values().stream().mapToInt(dial -> dial.givenUp).sum())
        .isEqualTo((int) moved);
    advanceWithoutDoubles(Duration.ofSeconds(5));
    assertEachIsHeldOnce();
    assertThat(connected(two)).isEqualTo(moved);
  }

  @Test
  void aPeerThatDialsAnotherInstanceIsNotDialled() {
    Instance one = fleet.join("one");
    Instance two = fleet.join("two");
    NodeId peer = peers.get(0);
    FakeConnection accepted = one.connect(peer);
    FakeDials first = new FakeDials(peer, fleet.time);
    FakeDials second = new FakeDials(peer, fleet.time);
    one.fleet().dial(peer, first);
    two.fleet().dial(peer, second);
    fleet.advance(Duration.ofMinutes(5));
    assertThat(first.made).isEmpty();
    assertThat(second.made).isEmpty();
    accepted.end(Reason.CLOSED_BY_PEER);
    fleet.advance(Duration.ofSeconds(3));
    assertThat(first.made.size() + second.made.size()).isEqualTo(1);
  }

  @Test
  void withAQuorumOnlyTheLargerSideDials() {
    List<Instance> all = new ArrayList<>();
    List<FakeDials> sources = new ArrayList<>();
    NodeId peer = peers.get(0);
    for (String name : List.of("one", "two", "three")) {
      Instance instance = fleet.join(name, spec -> spec.dialQuorum(2));
      FakeDials source = new FakeDials(peer, fleet.time);
      instance.fleet().dial(peer, source);
      all.add(instance);
      sources.add(source);
    }
    fleet.advance(Duration.ofSeconds(10));
    int owner = sources.indexOf(sources.stream().filter(FakeDials::isUp).findAny().orElseThrow());
    fleet.engine.partition(List.of(all.get(owner).fleet().self()));
    sources.get(owner).made.get(0).end(Reason.CONNECTION_LOST);
    fleet.advance(Duration.ofMinutes(1));
    assertThat(sources.get(owner).made).hasSize(1);
    assertThat(sources.stream().filter(FakeDials::isUp)).hasSize(1);
  }

  @Test
  void whoIsUndialledIsClosedAndNotDialledAgain() {
    Instance one = join("one");
    fleet.advance(Duration.ofSeconds(5));
    NodeId peer = peers.get(0);
    assertThatThrownBy(() -> one.fleet().dial(peer, new FakeDials(peer, fleet.time)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(one.fleet().undial(peer)).isTrue();
    fleet.advance(Duration.ofMinutes(1));
    FakeDials dial = dials.get(one.fleet().self()).get(peer);
    assertThat(dial.isUp()).isFalse();
    assertThat(dial.made).hasSize(1);
    assertThat(one.fleet().undial(peer)).isFalse();
    assertThat(one.fleet().snapshot().sharedDials()).isEqualTo(59);
  }
}
