package io.fluxwire.page;

import io.fluxwire.PeerConnection;
import io.fluxwire.SessionParameters;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks one peer for an answer, whose time the session's listener is told. It is asked at most every
 * {@link #INTERVAL}, and not while an answer is awaited: a peer whose application does not read
 * answers late, or never. Thread-safe.
 */
final class PeerPing {

  /** Seldom enough to cost nothing, often enough to be looked at. */
  static final Duration INTERVAL = Duration.ofSeconds(5);

  private final PeerConnection<?> peer;
  private final LongSupplier nanoClock;
  private final AtomicBoolean awaited = new AtomicBoolean();
  private final AtomicReference<@Nullable Long> askedAt = new AtomicReference<>();

  PeerPing(PeerConnection<?> peer, LongSupplier nanoClock) {
    this.peer = peer;
    this.nanoClock = nanoClock;
  }

  void askIfDue() {
    // A session of version 3 has no ping.
    if (peer.session().protocol() != SessionParameters.Protocol.UPGRADED) {
      return;
    }
    Long before = askedAt.get();
    long now = nanoClock.getAsLong();
    boolean due = before == null || now - before >= INTERVAL.toNanos();
    if (due && awaited.compareAndSet(false, true)) {
      askedAt.set(now);
      peer.ping()
          .doFinally(signal -> awaited.set(false))
          // That it failed is the connection's end, which the board hears of.
          .subscribe(time -> {}, failure -> {});
    }
  }
}
