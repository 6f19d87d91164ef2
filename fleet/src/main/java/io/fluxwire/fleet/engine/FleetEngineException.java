package io.fluxwire.fleet.engine;

import org.jspecify.annotations.Nullable;

/**
 * An engine could not do what it was asked. The message says what failed and what helps; it has no
 * secret in it.
 */
public final class FleetEngineException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** The kind of failure. */
  public enum Kind {
    /** The engine cannot be reached, or does not answer in time. Another attempt may succeed. */
    UNREACHABLE,
    /** The engine refuses this instance: a wrong key, password or right. */
    REFUSED,
    /** The instance that a message was for is no member. */
    NO_MEMBER,
    /** The message is larger than the engine takes. */
    TOO_LARGE,
    /** The link was left. */
    LEFT,
    /** Anything else. */
    FAILED
  }

  private final Kind kind;

  /**
   * A failure.
   *
   * @param kind the kind of failure
   * @param message what failed and what helps, for people
   * @param cause the error of the engine; null if there is none
   */
  public FleetEngineException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /**
   * The kind of failure.
   *
   * @return the kind
   */
  public Kind kind() {
    return kind;
  }
}
