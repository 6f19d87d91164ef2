package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.fleet.FleetGroup.Change;
import io.fluxwire.fleet.TestFleet.Instance;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

/** The changes of the directory of all instances. */
class RosterTest {

  private final NodeId peer = TestFleet.peer();
  private final TestFleet fleet = new TestFleet();
  private final Instance one = fleet.join("one");
  private final Instance two = fleet.join("two");
  private final List<Change> changes = new ArrayList<>();

  private Disposable watch() {
    Disposable watching = one.fleet().changes().subscribe(changes::add);
    fleet.settle();
    return watching;
  }

  private Change.Appeared at(NodeId who, Instance instance) {
    return new Change.Appeared(who, instance.fleet().self());
  }

  @Test
  void itBeginsWithThoseThatAreThere() {
    NodeId other = TestFleet.peer();
    one.connect(peer);
    two.connect(other);
    watch();
    assertThat(changes).containsExactlyInAnyOrder(at(peer, one), at(other, two));
  }

  @Test
  void peersComeMoveAndGo() {
    watch();
    FakeConnection first = one.connect(peer);
    FakeConnection second = two.connect(peer);
    // The one that does not count any more.
    first.end(Reason.CLOSED_BY_PEER);
    fleet.settle();
    second.end(Reason.CLOSED_BY_PEER);
    fleet.settle();
    assertThat(changes)
        .containsExactly(
            at(peer, one),
            new Change.Moved(peer, one.fleet().self(), two.fleet().self()),
            new Change.Gone(peer, two.fleet().self()));
  }

  @Test
  void theRowsOfAnInstanceThatIsKilledAreVoid() {
    two.connect(peer);
    watch();
    fleet.engine.kill(two.fleet().self());
    fleet.settle();
    assertThat(changes).containsExactly(at(peer, two), new Change.Gone(peer, two.fleet().self()));
  }

  @Test
  void whatHappenedDuringACutIsToldWhenItEnds() {
    FakeConnection gone = two.connect(peer);
    watch();
    fleet.engine.partition(List.of(two.fleet().self()));
    fleet.settle();
    gone.end(Reason.CLOSED_BY_PEER);
    NodeId came = TestFleet.peer();
    two.connect(came);
    fleet.engine.partition(List.of());
    fleet.settle();
    assertThat(changes)
        .containsExactly(at(peer, two), new Change.Gone(peer, two.fleet().self()), at(came, two));
  }

  @Test
  void anEngineThatStartsAgainChangesNothing() {
    one.connect(peer);
    watch();
    fleet.engine.restart();
    fleet.settle();
    assertThat(changes).containsExactly(at(peer, one));
  }

  @Test
  void whoStopsWatchingIsToldNothingAndWhoComesAgainGetsTheState() {
    Disposable watching = watch();
    watching.dispose();
    one.connect(peer);
    assertThat(changes).isEmpty();
    watch();
    assertThat(changes).containsExactly(at(peer, one));
  }

  @Test
  void aSlowSubscriberIsCutOff() {
    StepVerifier.create(one.fleet().changes(), 0)
        .then(
            () -> {
              for (int i = 0; i < 600; i++) {
                one.connect(peer).end(Reason.CLOSED_BY_PEER);
                fleet.settle();
              }
            })
        .thenRequest(Long.MAX_VALUE)
        .thenConsumeWhile(change -> true)
        .expectErrorMessage("a subscriber is more than 1,024 changes behind")
        .verify();
  }

  @Test
  void itCompletesWhenTheInstanceLeaves() {
    StepVerifier.create(one.fleet().changes())
        .then(one.fleet()::dispose)
        .then(fleet::settle)
        .verifyComplete();
    StepVerifier.create(one.fleet().changes()).verifyComplete();
  }
}
