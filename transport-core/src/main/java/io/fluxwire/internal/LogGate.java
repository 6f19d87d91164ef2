package io.fluxwire.internal;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Lets one line a minute through to a log: what strangers can cause at any rate would fill it with
 * a line for each, and without any an operator would not learn of it. Thread-safe.
 */
public final class LogGate {

  private static final long INTERVAL = TimeUnit.MINUTES.toNanos(1);

  private final LongSupplier nanoClock;
  private final AtomicLong nextAt;
  private final AtomicLong since = new AtomicLong();

  /** Has let nothing through yet. */
  public LogGate() {
    this(System::nanoTime);
  }

  /**
   * Has let nothing through yet.
   *
   * @param nanoClock a clock that nobody sets
   */
  public LogGate(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.nextAt = new AtomicLong(nanoClock.getAsLong());
  }

  /**
   * Something has happened that may be worth a line.
   *
   * @param line writes the line, if it is time for one; is given how often it happened since the
   *     line before, this time included
   */
  public void tell(LongConsumer line) {
    long count = since.incrementAndGet();
    long now = nanoClock.getAsLong();
    long next = nextAt.get();
    if (now - next >= 0 && nextAt.compareAndSet(next, now + INTERVAL)) {
      since.addAndGet(-count);
      line.accept(count);
    }
  }
}
