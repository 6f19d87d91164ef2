package io.fluxwire;

/** The peer did not prove to be a node that this side wants to talk to (protocol.md section 4). */
public final class AuthenticationException extends PeerException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   */
  public AuthenticationException(Reason reason, String message) {
    super(reason, message);
  }
}
