package io.fluxwire;

/**
 * A resumable channel cannot continue over a connection, or cannot continue at all (protocol.md
 * section 10): the peer does not offer channels, a later connection took this one's place, the two
 * sides' positions contradict each other, or this side's store failed.
 */
public class ChannelException extends PeerException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   */
  public ChannelException(Reason reason, String message) {
    super(reason, message);
  }

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   * @param cause the store's error
   */
  public ChannelException(Reason reason, String message, Throwable cause) {
    super(reason, message, cause);
  }
}
