package io.fluxwire.group;

import io.fluxwire.dial.ConnectionHealth;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/** How the health of a group's member goes on from what it was. */
final class GroupHealth {

  private final Scheduler clock;

  GroupHealth(Scheduler clock) {
    this.clock = clock;
  }

  /** Of a peer that was not a member until now. */
  ConnectionHealth begin() {
    return new ConnectionHealth(false, now(), null);
  }

  /** It is connected, by the same connection or another one. */
  ConnectionHealth up(ConnectionHealth was) {
    return was.up() ? was : new ConnectionHealth(true, now(), was.lastError());
  }

  /** It is not connected, because of an error or of none. */
  ConnectionHealth down(ConnectionHealth was, @Nullable Throwable error) {
    return withError(was.up() ? new ConnectionHealth(false, now(), was.lastError()) : was, error);
  }

  /** It is connected or not as before, but something went wrong. */
  ConnectionHealth withError(ConnectionHealth was, @Nullable Throwable error) {
    return error == null ? was : new ConnectionHealth(was.up(), was.since(), error);
  }

  /** The time of day, for people: a scheduler tells it in milliseconds. */
  private Instant now() {
    return Instant.ofEpochMilli(clock.now(TimeUnit.MILLISECONDS));
  }
}
