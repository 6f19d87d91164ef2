package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.FleetGroup.State;
import io.fluxwire.fleet.TestFleet.Instance;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Whether an instance is a member, since when, and how many peers each has. */
class StandingTest {

  private final TestFleet fleet = new TestFleet();
  private final List<EngineListener> listeners = new ArrayList<>();
  private boolean refusing;

  private Instance make() {
    fleet.wrapping =
        engine ->
            (self, listener) -> {
              listeners.add(listener);
              return refusing
                  ? Mono.error(
                      new FleetEngineException(
                          FleetEngineException.Kind.UNREACHABLE, "not there", null))
                  : engine.join(self, listener);
            };
    return fleet.make("one", spec -> spec);
  }

  private void assertStands(Instance instance, State state, Duration forTime) {
    FleetSnapshot now = instance.fleet().snapshot();
    assertThat(now.state()).isEqualTo(state);
    assertThat(Duration.between(now.since(), fleet.clock().instant())).isEqualTo(forTime);
  }

  @Test
  void attemptsToJoinAreOneTimeOfNotBeingAMember() {
    Instance one = make();
    refusing = true;
    fleet.advance(Duration.ofSeconds(5));
    one.fleet().join().subscribe(null, failure -> {});
    assertStands(one, State.NEW, Duration.ofSeconds(5));

    refusing = false;
    one.fleet().join().subscribe();
    fleet.advance(Duration.ofSeconds(7));
    assertStands(one, State.JOINED, Duration.ofSeconds(7));
  }

  @Test
  void anEngineThatIsLostMakesItAwayUntilItIsThereAgain() {
    Instance one = make();
    one.fleet().join().subscribe();
    fleet.advance(Duration.ofSeconds(5));

    listeners.get(0).lost();
    fleet.advance(Duration.ofSeconds(2));
    listeners.get(0).lost();
    fleet.advance(Duration.ofSeconds(1));
    assertStands(one, State.AWAY, Duration.ofSeconds(3));
    // It joins again by itself.
    one.fleet().join().block(Duration.ofSeconds(10));

    listeners.get(0).missed();
    fleet.advance(Duration.ofSeconds(4));
    assertStands(one, State.JOINED, Duration.ofSeconds(4));

    listeners.get(0).missed();
    assertStands(one, State.JOINED, Duration.ofSeconds(4));
    one.fleet().dispose();
    listeners.get(0).lost();
    fleet.advance(Duration.ofSeconds(1));
    assertStands(one, State.LEFT, Duration.ofSeconds(1));
  }

  @Test
  void anEngineThatIsLostBeforeItsAnswerHasComeMakesItAway() {
    fleet.wrapping =
        engine -> (self, listener) -> engine.join(self, listener).doOnNext(link -> listener.lost());
    MeterRegistry registry = new SimpleMeterRegistry();
    Instance one = fleet.join("one", spec -> spec.meterRegistry(registry));

    assertThat(one.fleet().state()).isEqualTo(State.AWAY);
    assertThat(registry.get("fluxwire.fleet.joined").gauge().value()).isZero();
  }

  @Test
  void peersAreCountedByInstanceAndMembersWithoutAnyAreThere() {
    Instance one = fleet.join("one");
    Instance two = fleet.join("two");
    Instance three = fleet.join("three");
    NodeId moving = TestFleet.peer();
    one.connect(TestFleet.peer());
    one.connect(moving);
    two.connect(moving);
    Map<?, Long> counts = three.fleet().peerCounts().block(Duration.ofSeconds(10));

    assertThat(counts)
        .isEqualTo(
            Map.of(one.fleet().self(), 2L, two.fleet().self(), 1L, three.fleet().self(), 0L));
    assertThat(three.fleet().peers().count().block(Duration.ofSeconds(10))).isEqualTo(2);
  }
}
