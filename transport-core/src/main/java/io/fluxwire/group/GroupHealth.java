package io.fluxwire.group;

import io.fluxwire.dial.LinkHealth;
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
  LinkHealth begin() {
    return new LinkHealth(false, now(), null);
  }

  /** It is connected, by the same connection or another one. */
  LinkHealth up(LinkHealth was) {
    return was.up() ? was : new LinkHealth(true, now(), was.lastError());
  }

  /** It is not connected, because of an error or of none. */
  LinkHealth down(LinkHealth was, @Nullable Throwable error) {
    return withError(was.up() ? new LinkHealth(false, now(), was.lastError()) : was, error);
  }

  /** It is connected or not as before, but something went wrong. */
  LinkHealth withError(LinkHealth was, @Nullable Throwable error) {
    return error == null ? was : new LinkHealth(was.up(), was.since(), error);
  }

  /** The time of day, for people: a scheduler tells it in milliseconds. */
  private Instant now() {
    return Instant.ofEpochMilli(clock.now(TimeUnit.MILLISECONDS));
  }
}
