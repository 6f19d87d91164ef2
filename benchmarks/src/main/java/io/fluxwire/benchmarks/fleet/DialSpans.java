package io.fluxwire.benchmarks.fleet;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * For how long a peer that is dialled had no connection, and more than one, at a stretch.
 * Thread-safe.
 */
final class DialSpans {

  private final LongSupplier nanoTime;
  private int up;
  private long since;
  private long none;
  private long two;

  /**
   * Spans of a peer that has no connection yet.
   *
   * @param nanoTime as {@link System#nanoTime}
   */
  DialSpans(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.since = nanoTime.getAsLong();
  }

  synchronized void opened() {
    changed(up + 1);
  }

  synchronized void closed() {
    changed(up - 1);
  }

  private void changed(int now) {
    // From two to three is no end of having more than one.
    if (Math.min(up, 2) != Math.min(now, 2)) {
      endSpan();
    }
    up = now;
  }

  private void endSpan() {
    long now = nanoTime.getAsLong();
    if (up == 0) {
      none = Math.max(none, now - since);
    } else if (up > 1) {
      two = Math.max(two, now - since);
    }
    since = now;
  }

  /** Forgets what was before; a stretch that goes on counts from now on. */
  synchronized void begin() {
    since = up == 1 ? since : nanoTime.getAsLong();
    none = 0;
    two = 0;
  }

  synchronized boolean oneFor(Duration time) {
    return up == 1 && nanoTime.getAsLong() - since >= time.toNanos();
  }

  /** In nanoseconds; 0 when there was no such time. */
  synchronized long longestWithNone() {
    return up == 0 ? Math.max(none, nanoTime.getAsLong() - since) : none;
  }

  /** As {@link #longestWithNone}. */
  synchronized long longestWithTwo() {
    return up > 1 ? Math.max(two, nanoTime.getAsLong() - since) : two;
  }
}
