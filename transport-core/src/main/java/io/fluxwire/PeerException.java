package io.fluxwire;

import java.util.Objects;

/**
 * The root of every error that a peer, the network or the protocol causes. The message names the
 * cause for a person; {@link #reason()} names it for a machine.
 *
 * <p>No message holds a secret.
 */
public abstract class PeerException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /**
   * For the types of this package.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   */
  protected PeerException(Reason reason, String message) {
    super(message);
    this.reason = Objects.requireNonNull(reason, "reason");
  }

  /**
   * For the types of this package.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   * @param cause the underlying error
   */
  protected PeerException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = Objects.requireNonNull(reason, "reason");
  }

  /**
   * The machine-readable reason.
   *
   * @return the reason, also used as a metric's tag
   */
  public final Reason reason() {
    return reason;
  }

  /**
   * Whether another attempt can succeed.
   *
   * @return {@link Reason#isRetryable()} of the reason; a {@link DialException} also looks at its
   *     causes
   */
  public boolean isRetryable() {
    return reason.isRetryable();
  }
}
