package io.fluxwire.fleet;

import io.fluxwire.fleet.FleetGroup.State;
import java.time.Clock;
import java.time.Instant;

/** The state of an instance in its fleet, and since when it is a member or is not. Thread-safe. */
final class Standing {

  private final Clock clock;

  // All guarded by this.
  private State state = State.NEW;
  private Instant since;

  /**
   * Whether the engine is lost. That can happen before {@link #joined} is called: between the
   * engine's answer and its arrival here.
   */
  private boolean lost;

  /**
   * The state of an instance that has not joined.
   *
   * @param clock tells the time
   */
  Standing(Clock clock) {
    this.clock = clock;
    this.since = clock.instant();
  }

  /**
   * The state at one moment.
   *
   * @param state the state
   * @param since as of {@link FleetSnapshot#since()}
   */
  record Now(State state, Instant since) {}

  synchronized Now now() {
    return new Now(state, since);
  }

  synchronized State state() {
    return state;
  }

  /** Begins to join, if the instance has not joined yet; false if it cannot. */
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

  /** Takes the engine's answer; false if the instance has left or given up meanwhile. */
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

  /** Leaves; false if it had left before. */
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
