package io.fluxwire.session;

import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.timeout.RefreshableTimeout;
import io.fluxwire.transport.ByteDuplex;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Fails a session in which no packet comes or goes. */
final class IdleTimer {

  private final ByteDuplex duplex;
  private final Duration limit;
  private final Consumer<PeerException> idle;
  private volatile @Nullable RefreshableTimeout timer;

  /**
   * A timer that does not run yet.
   *
   * @param limit how long; zero for ever
   * @param idle is told when that is over
   */
  IdleTimer(ByteDuplex duplex, Duration limit, Consumer<PeerException> idle) {
    this.duplex = duplex;
    this.limit = limit;
    this.idle = idle;
  }

  void start() {
    if (limit.isZero()) {
      return;
    }
    RefreshableTimeout started =
        RefreshableTimeout.start(
            duplex.scheduler(),
            limit,
            () ->
                idle.accept(
                    new PeerTimeoutException(
                        Reason.IDLE_TIMEOUT,
                        "no packet came or went for %d ms".formatted(limit.toMillis()))));
    timer = started;
    if (duplex.isDisposed()) {
      // The connection was gone before the timer was there to be released.
      started.dispose();
    }
  }

  /** A packet came or went. */
  void refresh() {
    RefreshableTimeout running = timer;
    if (running != null) {
      running.refresh();
    }
  }

  void release() {
    RefreshableTimeout running = timer;
    if (running != null) {
      running.dispose();
    }
  }
}
