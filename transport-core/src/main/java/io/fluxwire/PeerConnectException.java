package io.fluxwire;

/**
 * One address could not be reached: TCP did not connect, the address may not be dialled, or a
 * source of addresses emitted a name that did not resolve.
 */
public final class PeerConnectException extends PeerException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   */
  public PeerConnectException(Reason reason, String message) {
    super(reason, message);
  }

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   * @param cause the underlying error
   */
  public PeerConnectException(Reason reason, String message, Throwable cause) {
    super(reason, message, cause);
  }

  /** No stack trace: it would be the event loop's, and cost more than a refused attempt itself. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
