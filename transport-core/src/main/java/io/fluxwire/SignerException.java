package io.fluxwire;

/**
 * This node could not prove its id, because its {@link NodeIdentity} failed. The cause is the
 * signer's error; the peer does not learn it.
 */
public final class SignerException extends PeerException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   */
  public SignerException(Reason reason, String message) {
    super(reason, message);
  }

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   * @param cause the signer's error
   */
  public SignerException(Reason reason, String message, Throwable cause) {
    super(reason, message, cause);
  }
}
