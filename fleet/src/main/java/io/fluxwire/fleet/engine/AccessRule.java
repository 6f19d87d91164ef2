package io.fluxwire.fleet.engine;

import java.time.Instant;
import java.util.Comparator;
import java.util.Objects;

/**
 * A rule about who may connect, shared by all instances. There is one rule for a target: of two,
 * the later one counts.
 *
 * @param target a node id, as hex, or a network, as {@code ADDRESS/LENGTH}
 * @param action what is to become of the target
 * @param setAt when the rule was made, by the wall clock of the instance that made it
 * @param until when the rule ends and is forgotten
 */
public record AccessRule(String target, Action action, Instant setAt, Instant until) {

  /**
   * Which of two rules for one target counts, the greatest one: the later, and of two that were
   * made in the same instant the one that keeps out.
   */
  public static final Comparator<AccessRule> BY_TIME =
      Comparator.comparing(AccessRule::setAt)
          .thenComparing(AccessRule::action)
          .thenComparing(AccessRule::until);

  /** What becomes of a target. */
  public enum Action {
    /** An earlier rule is lifted. Such a rule has to last as long as the earlier one would have. */
    NONE,
    /** The node is let in. */
    ALLOW,
    /** The node or the network is kept out. */
    DENY
  }

  /**
   * Checks for null.
   *
   * @param target as above
   * @param action as above
   * @param setAt as above
   * @param until as above
   */
  public AccessRule {
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(action, "action");
    Objects.requireNonNull(setAt, "setAt");
    Objects.requireNonNull(until, "until");
  }
}
