package io.fluxwire.dial;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import reactor.core.scheduler.Scheduler;

/**
 * Spreads the first dials of many publishers: so many at once, and then so many a second. Share one
 * object among the publishers. Thread-safe.
 */
public final class DialBudget {

  private static final long NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long intervalNanos;
  private final long burst;
  private final LongSupplier nanoClock;

  /** When the next dial that is not part of a burst is due. */
  private final AtomicLong due;

  private DialBudget(long intervalNanos, long burst, LongSupplier nanoClock) {
    this.intervalNanos = intervalNanos;
    this.burst = burst;
    this.nanoClock = nanoClock;
    this.due = new AtomicLong(nanoClock.getAsLong() - (burst - 1) * intervalNanos);
  }

  static DialBudget unlimited() {
    return new DialBudget(0, 1, System::nanoTime);
  }

  /**
   * A budget by the system's clock.
   *
   * @param rate dials a second; above zero
   * @param burst how many may start at once; at least 1
   * @return the budget
   */
  public static DialBudget perSecond(int rate, int burst) {
    return of(rate, burst, System::nanoTime);
  }

  /**
   * A budget by a scheduler's clock, for virtual time.
   *
   * @param rate dials a second; above zero
   * @param burst how many may start at once; at least 1
   * @param clock tells the time
   * @return the budget
   */
  public static DialBudget perSecond(int rate, int burst, Scheduler clock) {
    Objects.requireNonNull(clock, "clock");
    return of(rate, burst, () -> clock.now(TimeUnit.NANOSECONDS));
  }

  private static DialBudget of(int rate, int burst, LongSupplier nanoClock) {
    if (rate < 1 || burst < 1) {
      throw new IllegalArgumentException(
          "a budget is at least 1 dial a second and 1 at once, not %d and %d"
              .formatted(rate, burst));
    }
    return new DialBudget(NANOS / rate, burst, nanoClock);
  }

  /** Takes a place and says how long to wait for it. */
  Duration reserve() {
    if (intervalNanos == 0) {
      return Duration.ZERO;
    }
    long now = nanoClock.getAsLong();
    long slack = (burst - 1) * intervalNanos;
    long place = due.getAndUpdate(next -> Math.max(next, now - slack) + intervalNanos);
    return Duration.ofNanos(Math.max(0, Math.max(place, now - slack) - now));
  }
}
