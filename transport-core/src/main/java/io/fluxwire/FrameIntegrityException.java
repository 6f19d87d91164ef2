package io.fluxwire;

/**
 * The encrypted stream is not what its sender encrypted (protocol.md section 3): it was changed, or
 * it is not a stream of version 3 at all. Nothing of the invalid frame reaches the application.
 */
public final class FrameIntegrityException extends PeerException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   */
  public FrameIntegrityException(Reason reason, String message) {
    super(reason, message);
  }
}
