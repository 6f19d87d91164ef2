package io.fluxwire;

/**
 * The encrypted stream is not what its sender sealed (protocol.md section 3): changed, or not
 * version 3 at all. Nothing of the frame at fault reaches the application.
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
