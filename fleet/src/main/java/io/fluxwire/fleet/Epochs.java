package io.fluxwire.fleet;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.scheduler.Scheduler;

/**
 * Stamps connections in an order that all instances agree on, by a hybrid logical clock. It follows
 * the wall clock, so that stamps of instances that have never heard of each other compare well, and
 * it stays ahead of every stamp seen, so that a slow clock does not matter between instances that
 * have.
 */
final class Epochs {

  /** The bits below the milliseconds, which count the connections of one millisecond. */
  private static final int COUNTER_BITS = 16;

  /**
   * A greater stamp was not made by this code, and is ignored: the counter could overflow after it.
   */
  private static final long GREATEST = Long.MAX_VALUE >> 1;

  private final Scheduler clock;
  private final AtomicLong latest = new AtomicLong();

  Epochs(Scheduler clock) {
    this.clock = clock;
  }

  /** An epoch greater than all epochs made or seen here. */
  long next() {
    long now = clock.now(TimeUnit.MILLISECONDS) << COUNTER_BITS;
    return latest.updateAndGet(last -> Math.max(last + 1, now));
  }

  /** Takes note of another instance's epoch. */
  void seen(long epoch) {
    if (epoch <= GREATEST) {
      latest.accumulateAndGet(epoch, Math::max);
    }
  }
}
