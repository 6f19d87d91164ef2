package io.fluxwire;

/**
 * The session-pubkey exchange failed (protocol.md section 1), before there was a key to
 * authenticate anybody with.
 */
public final class HandshakeException extends PeerException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   */
  public HandshakeException(Reason reason, String message) {
    super(reason, message);
  }
}
