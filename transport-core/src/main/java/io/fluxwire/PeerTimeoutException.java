package io.fluxwire;

/**
 * Something did not happen in time (protocol.md section 8), or a connection held too much of this
 * node's byte budget for too long.
 */
public final class PeerTimeoutException extends PeerException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   */
  public PeerTimeoutException(Reason reason, String message) {
    super(reason, message);
  }
}
