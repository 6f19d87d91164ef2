package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.fleet.engine.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FleetBoardTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final FakeFleet fleet = new FakeFleet();
  private final AtomicLong nanos = new AtomicLong();
  private final FleetBoard board = new FleetBoard(WatchedFleet.of(fleet.group), nanos::get);

  @AfterEach
  void stop() {
    fleet.group.dispose();
  }

  private FleetShown counted(int most) {
    board.count().block(LIMIT);
    return board.shown(most);
  }

  @Test
  void anInstanceThatHasNotJoinedIsAloneAndSaysWhyNothingIsCounted() {
    FleetShown shown = counted(10);

    assertThat(shown.state()).isEqualTo("new");
    assertThat(shown.members()).isZero();
    assertThat(shown.instances())
        .containsExactly(new FleetShown.Instance(fleet.group.self().toString(), true, false, null));
    assertThat(shown.others()).isNull();
    assertThat(shown.countedAt()).isNull();
    assertThat(shown.countError()).contains("has not joined its fleet");
  }

  @Test
  void thisInstanceComesFirstThenThoseWithMostPeersAndTheOthersAreSummedUp() {
    fleet.join();
    InstanceId few = fleet.other("few", 1);
    InstanceId many = fleet.other("many", 3);
    for (int i = 0; i < 20; i++) {
      fleet.other("other-" + i, 0);
    }
    fleet.other("some", 2);
    nanos.set(TimeUnit.SECONDS.toNanos(7));

    FleetShown shown = counted(2);

    assertThat(shown.state()).isEqualTo("joined");
    assertThat(shown.members()).isEqualTo(24);
    assertThat(shown.instances())
        .containsExactly(
            new FleetShown.Instance(fleet.group.self().toString(), true, false, 0L),
            new FleetShown.Instance(many.toString(), false, false, 3L));
    assertThat(shown.others()).isEqualTo(new FleetShown.Others(22, 3L));
    assertThat(shown.countedAt()).isEqualTo(7000);
    assertThat(shown.countError()).isNull();
    assertThat(board.shown(100).others()).isNull();
    assertThat(board.shown(100).instances())
        .extracting(FleetShown.Instance::id)
        .hasSize(24)
        .contains(few.toString());
  }

  @Test
  void peersAreCountedAgainAfterAWhile() {
    fleet.join();
    assertThat(counted(10).instances()).hasSize(1);
    fleet.other("late", 2);
    nanos.addAndGet(FleetBoard.RECOUNT.toNanos() - 1);
    FleetShown before = counted(10);
    nanos.addAndGet(1);
    FleetShown after = counted(10);

    assertThat(peers(before)).containsExactly(0L, 0L);
    assertThat(peers(after)).containsExactly(0L, 2L);
  }

  private static List<Long> peers(FleetShown shown) {
    return shown.instances().stream().map(FleetShown.Instance::peers).toList();
  }

  @Test
  void anEngineThatIsLostIsShown() {
    fleet.join();
    fleet.lose();

    assertThat(board.shown(10).state()).isEqualTo("away");
    assertThat(board.shown(10).since()).isNotNegative();
  }
}
