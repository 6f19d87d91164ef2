package io.fluxwire.fleet;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.scheduler.Scheduler;

/**
 * Stamps connections in an order that all instances agree on: a hybrid of the wall clock, so that
 * instances that never heard of each other compare well, and a counter that is ahead of every stamp
 * seen, so that a clock that is behind does not matter where they did.
 */
final class Epochs {

  /** Room for the connections of one millisecond. */
  private static final int COUNTER_BITS = 16;

  /** Greater ones are no stamps of ours: following them, the counter could overflow. */
  private static final long GREATEST = Long.MAX_VALUE >> 1;

  private final Scheduler clock;
  private final AtomicLong latest = new AtomicLong();

  Epochs(Scheduler clock) {
    this.clock = clock;
  }

  /** An epoch greater than all that were made and seen here. */
  long next() {
    long now = clock.now(TimeUnit.MILLISECONDS) << COUNTER_BITS;
    return latest.updateAndGet(last -> Math.max(last + 1, now));
  }

  /** An epoch of another instance. */
  void seen(long epoch) {
    if (epoch <= GREATEST) {
      latest.accumulateAndGet(epoch, Math::max);
    }
  }
}
