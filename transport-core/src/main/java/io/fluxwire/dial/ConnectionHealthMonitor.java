package io.fluxwire.dial;

import io.fluxwire.PeerConnection;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tracks the health of a connection publisher by listening to the events of its dials. Pass it to
 * {@code PeerClient.doOnDial}; each publisher needs its own monitor. Thread-safe.
 */
public final class ConnectionHealthMonitor implements Consumer<DialEvent> {

  private final Clock clock;

  // What follows is guarded by this.
  private ConnectionHealth health;
  private @Nullable PeerConnection<?> current;

  /** A monitor of a publisher that has no connection yet. */
  public ConnectionHealthMonitor() {
    this(Clock.systemUTC());
  }

  /**
   * A monitor with another clock.
   *
   * @param clock tells the time
   */
  public ConnectionHealthMonitor(Clock clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
    this.health = new ConnectionHealth(false, clock.instant(), null);
  }

  /**
   * The publisher's health.
   *
   * @return down from the monitor's creation until the first connection, up while there is a
   *     connection, and down again once the connection or the publisher has ended, also when the
   *     publisher was cancelled
   */
  public synchronized ConnectionHealth health() {
    return health;
  }

  /** For a publisher that reports no events of its dials. */
  void connected(PeerConnection<?> connection) {
    Instant now = clock.instant();
    synchronized (this) {
      current = connection;
      health = health.connected(now);
    }
    connection.onClose().subscribe(reason -> ended(connection, reason.cause()));
  }

  /** A publisher may have emitted another connection before this one has ended. */
  private void ended(PeerConnection<?> connection, @Nullable Throwable cause) {
    Instant now = clock.instant();
    synchronized (this) {
      if (current == connection) {
        current = null;
        health = health.down(now, cause);
      }
    }
  }

  /**
   * The publisher emits no more connections; one that is up stays.
   *
   * @param cause the publisher's error; null when it completed
   */
  void gaveUp(@Nullable Throwable cause) {
    Instant now = clock.instant();
    synchronized (this) {
      PeerConnection<?> last = current;
      boolean staysUp = last != null && !last.isDisposed();
      health = staysUp ? health.withError(cause) : health.down(now, cause);
    }
  }

  /** The publisher is cancelled, and its connection is being closed. */
  void cancelled() {
    down(null);
  }

  private void down(@Nullable Throwable cause) {
    Instant now = clock.instant();
    synchronized (this) {
      current = null;
      health = health.down(now, cause);
    }
  }

  private void up() {
    Instant now = clock.instant();
    synchronized (this) {
      health = health.connected(now);
    }
  }

  @Override
  public void accept(DialEvent event) {
    if (event instanceof DialEvent.Connected) {
      up();
    } else if (event instanceof DialEvent.Disconnected end) {
      down(end.reason().cause());
    } else if (event instanceof DialEvent.RoundFailed failed) {
      down(failed.cause());
    } else if (event instanceof DialEvent.Stopped stopped) {
      down(stopped.cause());
    }
  }

  @Override
  public String toString() {
    return "ConnectionHealthMonitor[" + health() + "]";
  }
}
