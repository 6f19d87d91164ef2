package io.fluxwire.group;

import io.fluxwire.dial.ConnectionHealth;
import org.jspecify.annotations.Nullable;

/**
 * What a group knows of a peer. Immutable, so that whoever reads it sees connection and health of
 * the same moment.
 *
 * @param upkeep what the group does to have it connected
 * @param connection the connection that counts; null when it is not connected
 * @param health how it is doing
 */
record Member<P>(Upkeep upkeep, @Nullable MemberConnection<P> connection, ConnectionHealth health) {

  /** What a group does to have a peer connected. */
  enum Upkeep {
    /** Nothing: it was not added, or is removed, and leaves the group with its connection. */
    NONE,
    /** It is dialled while it is not connected. */
    DIALLED,
    /** It was added, and its publisher has ended. */
    GIVEN_UP
  }

  Member<P> with(Upkeep changed) {
    return new Member<>(changed, connection, health);
  }

  Member<P> with(MemberConnection<P> changed, ConnectionHealth healthNow) {
    return new Member<>(upkeep, changed, healthNow);
  }

  Member<P> withoutConnection(ConnectionHealth healthNow) {
    return new Member<>(upkeep, null, healthNow);
  }
}
