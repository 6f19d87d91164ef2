package io.fluxwire.channel.redis;

import io.fluxwire.channel.ChannelStoreException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long this opening may use the channel. The time counts from before a renewal is sent and is a
 * tenth shorter than in Redis, so that the lease ends here first, as long as the two clocks drift
 * apart by less than that. Once it has ended, it stays ended. Thread-safe.
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

  /** Redis has renewed the lease; the renewal was sent at the given time. */
  void granted(long askedAt) {
    grantedAt = askedAt;
  }

  Duration left() {
    return Duration.ofNanos(Math.max(0, nanos - (clock.getAsLong() - grantedAt)));
  }

  /** Why the channel may no longer be used; null if it may be used. */
  @Nullable ChannelStoreException end() {
    ChannelStoreException known = end.get();
    if (known == null && left().isZero()) {
      return end(Failures.expired(null));
    }
    return known;
  }

  /** Ends the lease, unless it has ended already. Returns the cause of its end. */
  ChannelStoreException end(ChannelStoreException why) {
    ChannelStoreException first = end.compareAndExchange(null, why);
    return first == null ? why : first;
  }
}
