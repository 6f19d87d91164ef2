package io.fluxwire;

/**
 * A resumable channel cannot go on over a connection, or not at all (protocol.md section 10): the
 * peer has no such channels, a later connection took this one's place, both sides' positions do not
 * fit together, or this side's store failed.
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
   * @param cause what the store said
   */
  public ChannelException(Reason reason, String message, Throwable cause) {
    super(reason, message, cause);
  }
}
