package io.fluxwire.node.page;

import io.fluxwire.PeerConnection;
import io.fluxwire.SessionParameters;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long one peer takes to answer. It is asked at most every {@link #INTERVAL}, and not while an
 * answer is awaited: a peer whose application does not read answers late, or never. Thread-safe,
 * but for asking, which is one thread's at a time.
 */
final class PeerPing {

  /** Seldom enough to cost nothing, often enough to be looked at. */
  static final Duration INTERVAL = Duration.ofSeconds(5);

  private final PeerConnection<?> peer;
  private final LongSupplier nanoClock;
  private final AtomicBoolean awaited = new AtomicBoolean();
  private volatile @Nullable Duration latest;
  private @Nullable Long askedAt;

  PeerPing(PeerConnection<?> peer, LongSupplier nanoClock) {
    this.peer = peer;
    this.nanoClock = nanoClock;
  }

  void askIfDue() {
    // A session of version 3 has no ping.
    if (peer.session().protocol() != SessionParameters.Protocol.UPGRADED) {
      return;
    }
    Long before = askedAt;
    long now = nanoClock.getAsLong();
    boolean due = before == null || now - before >= INTERVAL.toNanos();
    if (due && awaited.compareAndSet(false, true)) {
      askedAt = now;
      peer.ping()
          .doFinally(signal -> awaited.set(false))
          // That it failed is the connection's end, which the board hears of.
          .subscribe(time -> latest = time, failure -> {});
    }
  }

  /** Of the latest answer; null before the first. */
  @Nullable Double latestMillis() {
    Duration time = latest;
    return time == null ? null : time.toNanos() / 1e6;
  }
}
