package io.fluxwire;

/**
 * There was no handshake, or it led to no session keys. Either the exchange of session public keys
 * failed (protocol.md section 1), or one of BOLT 8's acts (section 11), or this server did not let
 * the connection begin or finish its handshake, because its address is refused or a limit is
 * reached.
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
