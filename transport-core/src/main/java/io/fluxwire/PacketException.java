package io.fluxwire;

import io.fluxwire.internal.FailureText;

/**
 * A packet is intact, but its content breaks the rules (protocol.md sections 3 to 5). Either the
 * peer sent it, or this side's application tried to send it.
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
   * @param cause the underlying error
   */
  public PacketException(Reason reason, String message, Throwable cause) {
    super(reason, message, cause);
  }

  /**
   * The peer sent a packet that is not the expected protobuf message.
   *
   * @param cause the parser's error
   * @return the error, with {@link Reason#PACKET_MALFORMED}
   */
  public static PacketException malformed(Exception cause) {
    return new PacketException(
        Reason.PACKET_MALFORMED,
        "the peer sent a malformed packet: " + FailureText.ofParser(cause),
        cause);
  }
}
