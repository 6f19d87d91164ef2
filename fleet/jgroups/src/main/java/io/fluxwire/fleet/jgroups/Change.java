package io.fluxwire.fleet.jgroups;

import io.fluxwire.fleet.engine.AccessRule;

/** What a member tells the others. */
sealed interface Change {

  /** It holds a peer. */
  record Held(Row row) implements Change {}

  /** It does not hold a peer any more. */
  record Released(Row row) implements Change {}

  /** It knows a rule. */
  record Ruled(AccessRule rule) implements Change {}
}
