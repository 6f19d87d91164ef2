package io.fluxwire;

/**
 * There was no handshake, or no session keys came of it: the exchange of session public keys failed
 * (protocol.md section 1), or this server did not let the connection begin one, or go on with it,
 * since its address is refused or there is no place.
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
