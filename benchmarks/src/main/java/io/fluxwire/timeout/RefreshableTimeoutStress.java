package io.fluxwire.timeout;

import io.fluxwire.benchmarks.stress.ManualScheduler;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The timer fires while others refresh, suspend or dispose: it is never lost, nor acts twice. */
public final class RefreshableTimeoutStress {

  private static final Duration INTERVAL = Duration.ofNanos(10);

  private RefreshableTimeoutStress() {}

  /** A timeout whose timer is due. */
  public abstract static class Due {

    final ManualScheduler scheduler = new ManualScheduler();
    volatile int actions;
    final RefreshableTimeout timeout =
        RefreshableTimeout.start(scheduler, INTERVAL, () -> actions++);
    final Runnable timer = scheduler.take();

    Due() {
      scheduler.advance(INTERVAL.toNanos());
    }
  }

  /** Either the action ran, or the refresh was in time and the timer runs again. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "it ran out first")
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "it was refreshed first")
  @Outcome(expect = Expect.FORBIDDEN, desc = "lost, or twice")
  @State
  public static class RefreshAndFire extends Due {

    @Actor
    public void refresh() {
      timeout.refresh();
    }

    @Actor
    public void fire() {
      timer.run();
    }

    @Arbiter
    public void count(II_Result r) {
      r.r1 = actions;
      r.r2 = scheduler.waiting();
    }
  }

  /** A refresh that ends a suspension always leaves a timer. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the timer runs")
  @Outcome(expect = Expect.FORBIDDEN, desc = "nothing will ever run out, or it did too early")
  @State
  public static class RefreshAfterSuspend extends Due {

    public RefreshAfterSuspend() {
      timeout.suspend();
    }

    @Actor
    public void refresh() {
      timeout.refresh();
    }

    @Actor
    public void fire() {
      timer.run();
    }

    @Arbiter
    public void count(II_Result r) {
      r.r1 = actions;
      r.r2 = scheduler.waiting();
    }
  }

  /** Two first refreshes start one timer. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "one timer")
  @Outcome(expect = Expect.FORBIDDEN, desc = "none, or two")
  @State
  public static class FirstRefreshes {

    private final ManualScheduler scheduler = new ManualScheduler();
    private volatile int actions;
    private final RefreshableTimeout timeout =
        RefreshableTimeout.suspended(scheduler, INTERVAL, () -> actions++);

    @Actor
    public void one() {
      timeout.refresh();
    }

    @Actor
    public void other() {
      timeout.refresh();
    }

    @Arbiter
    public void count(II_Result r) {
      r.r1 = actions;
      r.r2 = scheduler.waiting();
    }
  }

  /** Once disposed it may still run its action, if that had started; no timer is left. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "it ran out first")
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "it was disposed first")
  @Outcome(expect = Expect.FORBIDDEN, desc = "it goes on")
  @State
  public static class DisposeAndFire extends Due {

    @Actor
    public void dispose() {
      timeout.dispose();
    }

    @Actor
    public void fire() {
      timer.run();
    }

    @Arbiter
    public void count(II_Result r) {
      r.r1 = actions;
      r.r2 = timeout.isDisposed() && scheduler.waiting() == 0 ? 1 : 0;
    }
  }
}
