package io.fluxwire.dial;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.dial.DialBudget.Turn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

class DialBudgetTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final List<String> turns = new ArrayList<>();

  private Turn enter(DialBudget budget, String name) {
    Turn turn = budget.enter(() -> turns.add(time.now(TimeUnit.MILLISECONDS) + " " + name));
    if (turn.expected().isZero()) {
      turns.add(time.now(TimeUnit.MILLISECONDS) + " " + name);
    }
    return turn;
  }

  private void pass(long millis) {
    time.advanceTimeBy(Duration.ofMillis(millis));
  }

  @Test
  void thoseBehindOneThatLeavesMoveUp() {
    DialBudget budget = DialBudget.perSecond(1, 1, time);
    enter(budget, "first");
    List<Turn> leave = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      leave.add(enter(budget, "leaves"));
    }
    Turn last = enter(budget, "last");
    assertThat(last.expected()).isEqualTo(Duration.ofSeconds(101));
    pass(500);
    leave.forEach(Disposable::dispose);
    pass(499);
    assertThat(turns).containsExactly("0 first");
    pass(1);
    assertThat(turns).containsExactly("0 first", "1000 last");
  }

  @Test
  void whoComesAfterThoseWhoLeftWaitsForNobody() {
    DialBudget budget = DialBudget.perSecond(1, 1, time);
    enter(budget, "first");
    for (int i = 0; i < 100; i++) {
      enter(budget, "leaves").dispose();
    }
    pass(1_000);
    enter(budget, "next");
    assertThat(turns).containsExactly("0 first", "1000 next");
  }

  @Test
  void timeMakesRoomForABurstAndNotForMore() {
    DialBudget budget = DialBudget.perSecond(10, 3, time);
    for (int i = 0; i < 3; i++) {
      enter(budget, "a" + i);
    }
    pass(60_000);
    for (int i = 0; i < 5; i++) {
      enter(budget, "b" + i);
    }
    pass(60_000);
    assertThat(turns)
        .containsExactly(
            "0 a0", "0 a1", "0 a2", "60000 b0", "60000 b1", "60000 b2", "60100 b3", "60200 b4");
  }

  @Test
  void fourThousandASecondShareATimer() {
    DialBudget budget = DialBudget.perSecond(4_000, 1, time);
    for (int i = 0; i < 9; i++) {
      enter(budget, "n" + i);
    }
    pass(1);
    assertThat(turns).hasSize(5);
    pass(1);
    assertThat(turns).hasSize(9);
  }

  @Test
  void aFullBudgetHasNoTimer() {
    DialBudget budget = DialBudget.perSecond(10, 3, time);
    enter(budget, "a");
    enter(budget, "b");
    pass(10_000);
    long scheduled = time.getScheduledTaskCount();
    pass(1_000_000);
    assertThat(time.getScheduledTaskCount()).isEqualTo(scheduled);
  }

  @Test
  void aDialThatThrowsTakesNobodysTurn() {
    DialBudget budget = DialBudget.perSecond(4_000, 1, time);
    enter(budget, "first");
    budget.enter(
        () -> {
          throw new NoClassDefFoundError("x");
        });
    enter(budget, "second");
    pass(1);
    assertThat(turns).containsExactly("0 first", "1 second");
  }

  @Test
  void withoutTimersNobodyWaits() {
    Scheduler gone = Schedulers.newSingle("gone");
    gone.dispose();
    DialBudget budget = DialBudget.perSecond(1, 1, gone);
    enter(budget, "a");
    enter(budget, "b");
    assertThat(turns).containsExactly("0 a", "0 b");
  }

  /** Its timers are right, and what it says of the time is not. */
  private static final class Jumping implements Scheduler {

    private final VirtualTimeScheduler timers;
    private long offsetNanos;

    Jumping(VirtualTimeScheduler timers) {
      this.timers = timers;
    }

    @Override
    public long now(TimeUnit unit) {
      return timers.now(unit) + unit.convert(offsetNanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task) {
      return timers.schedule(task);
    }

    @Override
    public Worker createWorker() {
      return timers.createWorker();
    }
  }

  @Test
  void aClockThatIsSetBackKeepsNobodyWaiting() {
    Jumping clock = new Jumping(time);
    DialBudget budget = DialBudget.perSecond(1, 1, clock);
    pass(10_000);
    enter(budget, "first");
    clock.offsetNanos = -TimeUnit.HOURS.toNanos(1);
    enter(budget, "second");
    pass(1_000);
    assertThat(turns).containsExactly("10000 first", "11000 second");
  }
}
