package io.fluxwire.channel.redis;

import io.fluxwire.channel.ChannelStoreException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long this opening may take the channel for its own. It counts from before a renewal is asked
 * for, and a tenth less than Redis does, so that it ends here before it ends there, as long as the
 * two clocks drift apart by less. An end is for good. Thread-safe.
 */
final class Lease {

  private static final int TENTHS = 10;

  private final long nanos;
  private final LongSupplier clock;
  private final AtomicReference<@Nullable ChannelStoreException> end = new AtomicReference<>();
  private volatile long grantedAt;

  Lease(Duration length, LongSupplier clock, long askedAt) {
    this.nanos = length.toNanos() / TENTHS * (TENTHS - 1);
    this.clock = clock;
    this.grantedAt = askedAt;
  }

  long now() {
    return clock.getAsLong();
  }

  /** Redis gave it anew, and was asked at that time. */
  void granted(long askedAt) {
    grantedAt = askedAt;
  }

  Duration left() {
    return Duration.ofNanos(Math.max(0, nanos - (clock.getAsLong() - grantedAt)));
  }

  /** Why the channel may not be used any more; null if it may. */
  @Nullable ChannelStoreException end() {
    ChannelStoreException known = end.get();
    if (known == null && left().isZero()) {
      return end(Failures.expired(null));
    }
    return known;
  }

  /** Ends it, unless it has ended already. Returns why it did. */
  ChannelStoreException end(ChannelStoreException why) {
    ChannelStoreException first = end.compareAndExchange(null, why);
    return first == null ? why : first;
  }
}
