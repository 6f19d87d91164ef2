package io.fluxwire;

import io.fluxwire.internal.FailureText;

/**
 * A packet is intact but breaks the rules of its content (protocol.md sections 3 to 5): one that
 * the peer sent, or one that this side's application tried to send.
 */
public final class PacketException extends PeerException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   */
  public PacketException(Reason reason, String message) {
    super(reason, message);
  }

  /**
   * Creates the error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   * @param cause what lies beneath
   */
  public PacketException(Reason reason, String message, Throwable cause) {
    super(reason, message, cause);
  }

  /**
   * A packet of the peer's that is not the protobuf message it should be.
   *
   * @param cause what the parser said
   * @return the error, with {@link Reason#PACKET_MALFORMED}
   */
  public static PacketException malformed(Exception cause) {
    return new PacketException(
        Reason.PACKET_MALFORMED,
        "the peer sent a malformed packet: " + FailureText.ofParser(cause),
        cause);
  }
}
