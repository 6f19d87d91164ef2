package io.fluxwire.timeout;

import io.fluxwire.internal.Arguments;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * An interval that activity refreshes: when it runs out without any, its action runs once
 * (protocol.md section 8).
 *
 * <p>{@link #refresh()} stores the time and nothing else, so it suits the path of every packet: the
 * timer is not touched. When the timer fires it looks how long ago the last refresh was, and either
 * runs the action or waits for what is left. The action runs on the scheduler, at most once, and
 * never before the interval is over.
 *
 * <p>All methods may be called from any thread.
 */
public final class RefreshableTimeout implements Disposable {

  private static final long SUSPENDED = Long.MIN_VALUE;

  private final Scheduler scheduler;
  private final LongSupplier nanoClock;
  private final Runnable action;
  private final Disposable.Swap timer = Disposables.swap();
  private final AtomicLong lastActivity;
  private volatile long intervalNanos;
  private volatile boolean timerRuns;
  private volatile boolean over;

  private RefreshableTimeout(
      Scheduler scheduler, LongSupplier nanoClock, Duration interval, Runnable action) {
    this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
    this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
    this.action = Objects.requireNonNull(action, "action");
    this.intervalNanos = Arguments.positive("a timeout", interval).toNanos();
    this.lastActivity = new AtomicLong(SUSPENDED);
  }

  /**
   * A timeout that runs from now on, by the scheduler's own clock.
   *
   * @param scheduler runs the timer and the action, and tells the time
   * @param interval how long without activity; above zero
   * @param action runs once when the interval is over
   * @return the timeout
   */
  public static RefreshableTimeout start(Scheduler scheduler, Duration interval, Runnable action) {
    RefreshableTimeout timeout = suspended(scheduler, interval, action);
    timeout.refresh();
    return timeout;
  }

  /**
   * A timeout that waits for its first {@link #refresh()}, by the scheduler's own clock.
   *
   * @param scheduler runs the timer and the action, and tells the time
   * @param interval how long without activity; above zero
   * @param action runs once when the interval is over
   * @return the timeout
   */
  public static RefreshableTimeout suspended(
      Scheduler scheduler, Duration interval, Runnable action) {
    return new RefreshableTimeout(
        scheduler, () -> scheduler.now(TimeUnit.NANOSECONDS), interval, action);
  }

  /** The interval starts anew. Ends a suspension. O(1), without allocation but for a first one. */
  public void refresh() {
    long now = nanoClock.getAsLong();
    if (lastActivity.getOpaque() == SUSPENDED) {
      // Before timerRuns is read: a timer that fires now sees this, or is seen to have fired.
      lastActivity.set(now);
    } else {
      lastActivity.setOpaque(now);
    }
    if (!timerRuns) {
      startTimer(intervalNanos);
    }
  }

  /**
   * As {@link #refresh()}, with another interval.
   *
   * @param nanos how long without activity from now on, in nanoseconds; above zero. One that is
   *     shorter than the last takes effect when the last one's timer fires at the latest
   */
  public void refresh(long nanos) {
    intervalNanos = positive(nanos);
    refresh();
  }

  /** Nothing is awaited until the next {@link #refresh()}. O(1), without allocation. */
  public void suspend() {
    lastActivity.setOpaque(SUSPENDED);
  }

  private synchronized void startTimer(long nanos) {
    if (!timerRuns && !over) {
      timerRuns = true;
      schedule(nanos);
    }
  }

  private void schedule(long nanos) {
    timer.update(scheduler.schedule(this::fired, nanos, TimeUnit.NANOSECONDS));
  }

  private void fired() {
    synchronized (this) {
      if (over) {
        return;
      }
      timerRuns = false;
      // Volatile, or it might be read before timerRuns is written.
      long last = lastActivity.get();
      if (last == SUSPENDED) {
        return;
      }
      long left = intervalNanos - (nanoClock.getAsLong() - last);
      if (left > 0) {
        timerRuns = true;
        schedule(left);
        return;
      }
      over = true;
    }
    action.run();
  }

  /** The action does not run any more. */
  @Override
  public void dispose() {
    synchronized (this) {
      over = true;
    }
    timer.dispose();
  }

  /** Whether the action has run or never will. */
  @Override
  public boolean isDisposed() {
    return over;
  }

  private static long positive(long nanos) {
    if (nanos <= 0) {
      throw new IllegalArgumentException("a timeout is above zero, not " + nanos + " ns");
    }
    return nanos;
  }
}
