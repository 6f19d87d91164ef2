package io.fluxwire.fleet;

import io.fluxwire.fleet.FleetGroup.State;
import java.time.Clock;
import java.time.Instant;

/** Whether an instance is a member of its fleet, and since when that is so. Thread-safe. */
final class Standing {

  private final Clock clock;

  // All guarded by this.
  private State state = State.NEW;
  private Instant since;

  /** The engine's connection can go between the engine's answer and its arrival here. */
  private boolean lost;

  /**
   * Of an instance that has not joined.
   *
   * @param clock tells since when
   */
  Standing(Clock clock) {
    this.clock = clock;
    this.since = clock.instant();
  }

  /**
   * Whether an instance is a member, at one moment.
   *
   * @param state whether it is
   * @param since since when; joining is a part of not being a member
   */
  record Now(State state, Instant since) {}

  synchronized Now now() {
    return new Now(state, since);
  }

  synchronized State state() {
    return state;
  }

  /** Whether it begins to join: only one who has not joined can. */
  synchronized boolean join() {
    if (state != State.NEW) {
      return false;
    }
    state = State.JOINING;
    lost = false;
    return true;
  }

  synchronized void gaveUp() {
    if (state == State.JOINING) {
      state = State.NEW;
    }
  }

  /** Whether it is a member now: not if it has left meanwhile, or given up. */
  synchronized boolean joined() {
    if (state != State.JOINING) {
      return false;
    }
    become(lost ? State.AWAY : State.JOINED);
    return true;
  }

  synchronized void lost() {
    lost = true;
    if (state == State.JOINED) {
      become(State.AWAY);
    }
  }

  synchronized void back() {
    lost = false;
    if (state == State.AWAY) {
      become(State.JOINED);
    }
  }

  /** Whether it had not left before. */
  synchronized boolean leave() {
    if (state == State.LEFT) {
      return false;
    }
    become(State.LEFT);
    return true;
  }

  private void become(State now) {
    state = now;
    since = clock.instant();
  }
}
