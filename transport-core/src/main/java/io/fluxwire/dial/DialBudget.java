package io.fluxwire.dial;

import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Callbacks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Spreads the first dials of many publishers over time: a burst of dials may start at once, and
 * further ones at a fixed rate, first come, first served. A publisher that ends while it waits
 * leaves the queue, and those behind it move up. Share one budget among the publishers.
 * Thread-safe.
 */
public final class DialBudget {

  private static final Logger LOG = LoggerFactory.getLogger(DialBudget.class);
  private static final long NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A timer that fires more often would cost more than the dials. */
  private static final long MIN_TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final long intervalNanos;
  private final int burst;
  private final Scheduler timers;

  // What follows is guarded by this.

  private final Set<Turn> waiting = new LinkedHashSet<>();

  /** How many dials may start at once. */
  private int free;

  /** The part of the time that has passed which was not enough for another dial. */
  private long restNanos;

  /**
   * Runs only while fewer dials than a whole burst may start at once, so that an idle budget costs
   * nothing.
   */
  private Scheduler.@Nullable Worker refill;

  private DialBudget(long intervalNanos, int burst, Scheduler timers) {
    this.intervalNanos = intervalNanos;
    this.burst = burst;
    this.free = burst;
    this.timers = timers;
  }

  static DialBudget unlimited() {
    return new DialBudget(0, 1, Schedulers.parallel());
  }

  /**
   * A budget with timers on {@link Schedulers#parallel()}.
   *
   * @param rate dials a second; above zero
   * @param burst how many may start at once; at least 1
   * @return the budget
   */
  public static DialBudget perSecond(int rate, int burst) {
    return perSecond(rate, burst, Schedulers.parallel());
  }

  /**
   * A budget with timers on another scheduler, such as one of virtual time.
   *
   * @param rate dials a second; above zero
   * @param burst how many may start at once; at least 1
   * @param timers runs the timers, and the dials that have waited
   * @return the budget
   */
  public static DialBudget perSecond(int rate, int burst, Scheduler timers) {
    Objects.requireNonNull(timers, "timers");
    Arguments.atLeast("the rate of a dial budget", rate, 1);
    Arguments.atLeast("the burst of a dial budget", burst, 1);
    return new DialBudget(Math.max(1, NANOS / rate), burst, timers);
  }

  /** A dial that may start, or waits in the queue. Disposing it removes it from the queue. */
  final class Turn implements Disposable {

    private final Runnable whenItsTurn;
    private Duration expected = Duration.ZERO;

    private Turn(Runnable whenItsTurn) {
      this.whenItsTurn = whenItsTurn;
    }

    /** How long it waits at most; zero when it may start at once. */
    Duration expected() {
      return expected;
    }

    @Override
    public void dispose() {
      synchronized (DialBudget.this) {
        waiting.remove(this);
      }
    }
  }

  /**
   * Enters the queue.
   *
   * @param whenItsTurn runs on the budget's timers when the dial may start; not called if it may
   *     start at once
   */
  synchronized Turn enter(Runnable whenItsTurn) {
    Turn turn = new Turn(whenItsTurn);
    if (intervalNanos == 0 || !refills()) {
      return turn;
    }
    if (free > 0) {
      free--;
    } else {
      waiting.add(turn);
      turn.expected = Duration.ofNanos(intervalNanos).multipliedBy(waiting.size());
    }
    return turn;
  }

  /** Whether the timers run; without them, a waiting dial would never start. */
  private boolean refills() {
    if (refill != null) {
      return true;
    }
    long tick = Math.max(intervalNanos, MIN_TICK_NANOS);
    try {
      Scheduler.Worker timer = timers.createWorker();
      timer.schedulePeriodically(() -> passed(tick), tick, tick, TimeUnit.NANOSECONDS);
      refill = timer;
      return true;
    } catch (RejectedExecutionException e) {
      LOG.warn("dials start at once, since the budget's timers have ended", e);
      return false;
    }
  }

  private void passed(long nanos) {
    List<Turn> come = new ArrayList<>();
    synchronized (this) {
      restNanos += nanos;
      for (; restNanos >= intervalNanos; restNanos -= intervalNanos) {
        Iterator<Turn> first = waiting.iterator();
        if (first.hasNext()) {
          come.add(first.next());
          first.remove();
        } else if (free < burst) {
          free++;
        }
      }
      Scheduler.Worker timer = refill;
      if (free == burst && timer != null) {
        timer.dispose();
        refill = null;
        restNanos = 0;
      }
    }
    come.forEach(turn -> Callbacks.run("a dial that waited for its budget", turn.whenItsTurn));
  }

  @Override
  public synchronized String toString() {
    return intervalNanos == 0
        ? "DialBudget[unlimited]"
        : "DialBudget[%d a second, %d at once, %d waiting]"
            .formatted(NANOS / intervalNanos, burst, waiting.size());
  }
}
