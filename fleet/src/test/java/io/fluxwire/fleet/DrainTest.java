package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.Undelivered;
import io.fluxwire.fleet.TestFleet.Instance;
import io.fluxwire.fleet.TestFleet.Outcome;
import io.fluxwire.fleet.UnreliableEngine.Fate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An instance that makes way for the others. */
class DrainTest {

  private static final Duration OVER = Duration.ofSeconds(10);

  private final TestFleet fleet = new TestFleet();
  private final Instance one = fleet.join("one");
  private final Instance two = fleet.join("two");
  private final List<FakeConnection> connections = new ArrayList<>();
  private final List<Undelivered> undelivered = new ArrayList<>();

  private long open() {
    return connections.stream().filter(connection -> !connection.isDisposed()).count();
  }

  private void connect(int count) {
    for (int i = 0; i < count; i++) {
      connections.add(one.connect(TestFleet.peer()));
    }
  }

  private void drain() {
    one.fleet().drain(OVER).subscribe(undelivered::add);
    fleet.settle();
  }

  @Test
  void connectionsAreClosedOverATime() {
    connect(200);
    drain();
    assertThat(one.fleet().isDraining()).isTrue();
    assertThat(open()).isEqualTo(200);
    fleet.advance(OVER.dividedBy(2));
    assertThat(open()).isBetween(95L, 105L);
    fleet.advance(OVER.dividedBy(2));
    fleet.settle();
    assertThat(open()).isZero();
    assertThat(undelivered).containsExactly(Undelivered.NOTHING);
    assertThat(one.fleet().state()).isEqualTo(FleetGroup.State.LEFT);
    assertThat(two.fleet().members()).containsExactly(two.fleet().self());
  }

  @Test
  void aPeerIsReachedUntilItsConnectionEnds() {
    connect(100);
    drain();
    fleet.advance(OVER.dividedBy(2));
    for (FakeConnection connection : connections) {
      Outcome outcome =
          Outcome.of(two.fleet().send(connection.remoteId(), Mono.just("still here?")));
      fleet.settle();
      assertThat(outcome.completed).isEqualTo(connection.written.size() == 1);
      assertThat(outcome.completed || connection.isDisposed()).isTrue();
    }
  }

  @Test
  void whoConnectsMeanwhileIsSentAway() {
    connect(1);
    drain();
    connect(1);
    assertThat(connections.get(0).isDisposed()).isFalse();
    assertThat(connections.get(1).isDisposed()).isTrue();
  }

  @Test
  void theOthersTakeItsDialsOver() {
    List<FakeDials> drained = new ArrayList<>();
    List<FakeDials> staying = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      NodeId peer = TestFleet.peer();
      FakeDials first = new FakeDials(peer, fleet.time);
      FakeDials second = new FakeDials(peer, fleet.time);
      drained.add(first);
      staying.add(second);
      one.fleet().dial(peer, first);
      two.fleet().dial(peer, second);
    }
    fleet.advance(Duration.ofSeconds(5));
    assertThat(drained.stream().filter(FakeDials::isUp).count()).isBetween(5L, 25L);
    drain();
    assertThat(one.fleet().snapshot().dials()).isZero();
    assertThat(two.fleet().snapshot().draining()).containsExactly(one.fleet().self());
    assertThat(two.fleet().snapshot().dials()).isEqualTo(30);
    fleet.advance(OVER.plusSeconds(1));
    assertThat(staying).allMatch(FakeDials::isUp);
    assertThat(drained).noneMatch(FakeDials::isUp);
  }

  @Test
  void whoJoinsMeanwhileLearnsOfIt() {
    connect(1);
    drain();
    Instance three = fleet.join("three");
    fleet.settle();
    assertThat(three.fleet().snapshot().draining()).containsExactly(one.fleet().self());
  }

  @Test
  void itTellsWhatWasNotWritten() {
    connect(1);
    connections.get(0).stall();
    one.fleet()
        .send(connections.get(0).remoteId(), Flux.range(0, 5).map(String::valueOf))
        .onErrorComplete()
        .subscribe();
    drain();
    fleet.advance(OVER.plusSeconds(1));
    assertThat(undelivered).hasSize(1);
    List<Undelivered> again = new ArrayList<>();
    one.fleet().drain(OVER).subscribe(again::add);
    assertThat(again).isEqualTo(undelivered);
  }

  @Test
  void anInstanceWithoutPeersLeavesAtOnce() {
    drain();
    fleet.advance(OVER.plusSeconds(1));
    assertThat(undelivered).containsExactly(Undelivered.NOTHING);
  }

  @Test
  void thatItDrainsMayGetLost() {
    int[] messages = new int[1];
    fleet.wrapping =
        engine ->
            new UnreliableEngine(
                engine, fleet.time, () -> messages[0]++ == 0 ? Fate.LOST : Fate.ARRIVES);
    Instance three = fleet.join("three");
    connect(1);
    drain();
    assertThat(three.fleet().snapshot().draining()).isEmpty();
    fleet.advance(FleetGroup.TICK);
    assertThat(three.fleet().snapshot().draining()).containsExactly(one.fleet().self());
  }
}
