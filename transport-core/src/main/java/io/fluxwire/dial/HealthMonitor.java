package io.fluxwire.dial;

import io.fluxwire.PeerConnection;
import java.time.Clock;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Knows how a connection publisher is doing, by listening to its dials: give it to {@code
 * PeerClient.doOnDial}, one for each publisher. Thread-safe.
 */
public final class HealthMonitor implements Consumer<DialEvent> {

  private final Clock clock;
  private final AtomicReference<LinkHealth> health;

  /** A monitor of a publisher that has no connection yet. */
  public HealthMonitor() {
    this(Clock.systemUTC());
  }

  /**
   * A monitor by another clock.
   *
   * @param clock tells the time
   */
  public HealthMonitor(Clock clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
    this.health = new AtomicReference<>(new LinkHealth(false, clock.instant(), null));
  }

  /**
   * How the publisher is doing.
   *
   * @return down, from the monitor's creation on, until the first connection
   */
  public LinkHealth health() {
    return Objects.requireNonNull(health.get());
  }

  /** Of a publisher whose dials nobody tells. */
  void connected(PeerConnection<?> connection) {
    health.updateAndGet(was -> was.connected(clock.instant()));
    connection
        .onClose()
        .subscribe(reason -> health.updateAndGet(was -> was.down(clock.instant(), reason.cause())));
  }

  /** The publisher gave up. */
  void failed(Throwable failure) {
    health.updateAndGet(was -> was.down(clock.instant(), failure));
  }

  @Override
  public void accept(DialEvent event) {
    if (event instanceof DialEvent.Connected) {
      health.updateAndGet(was -> was.connected(clock.instant()));
    } else if (event instanceof DialEvent.Disconnected end) {
      health.updateAndGet(was -> was.down(clock.instant(), end.reason().cause()));
    } else if (event instanceof DialEvent.RoundFailed failed) {
      health.updateAndGet(was -> was.down(clock.instant(), failed.cause()));
    }
  }
}
