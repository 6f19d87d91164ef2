package io.fluxwire.page;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Who watches the page: at most {@link #MAX}. For one more, the address that has most watchers
 * loses the one that has watched for the longest, if the newcomer's has fewer, or if that one has
 * watched for {@link #TURN}. So nobody holds all places for ever; a browser whose stream ends asks
 * for it again by itself. Thread-safe.
 */
final class Watchers {

  /** How many may watch at a time. */
  static final int MAX = 16;

  /** How long a watcher is left in peace by others of the same address. */
  static final Duration TURN = Duration.ofSeconds(30);

  private final LongSupplier nanoClock;

  /** The one that has watched for the longest first. Guarded by this. */
  private final Set<Watcher> watchers = new LinkedHashSet<>();

  Watchers(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /** One who watches. */
  final class Watcher {

    private final @Nullable InetAddress from;
    private final long since = nanoClock.getAsLong();
    private final Sinks.Empty<Void> madeWay = Sinks.empty();

    private Watcher(@Nullable InetAddress from) {
      this.from = from;
    }

    /** Completes when the place is another one's. */
    Mono<Void> madeWay() {
      return madeWay.asMono();
    }
  }

  /**
   * A place for a watcher, which is to be left.
   *
   * @param from where it comes from
   * @return null when there is none
   */
  @Nullable Watcher admit(@Nullable InetAddress from) {
    Watcher next = new Watcher(from);
    Watcher makesWay = null;
    synchronized (this) {
      if (watchers.size() >= MAX) {
        makesWay = whoMakesWayFor(next);
        if (makesWay == null) {
          return null;
        }
        watchers.remove(makesWay);
      }
      watchers.add(next);
    }
    if (makesWay != null) {
      makesWay.madeWay.tryEmitEmpty();
    }
    return next;
  }

  private @Nullable Watcher whoMakesWayFor(Watcher next) {
    // Of those whose address has most, the oldest.
    Watcher oldest = watchers.stream().max(Comparator.comparing(one -> places(one.from))).get();
    boolean hasFewer = places(next.from) + 1 < places(oldest.from);
    return hasFewer || next.since - oldest.since >= TURN.toNanos() ? oldest : null;
  }

  private long places(@Nullable InetAddress address) {
    return watchers.stream().filter(watcher -> Objects.equals(watcher.from, address)).count();
  }

  synchronized void left(Watcher watcher) {
    watchers.remove(watcher);
  }

  synchronized int count() {
    return watchers.size();
  }
}
