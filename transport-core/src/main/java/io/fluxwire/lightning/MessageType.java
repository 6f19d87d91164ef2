package io.fluxwire.lightning;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;

/** The types of messages that this layer knows, as their first two bytes have them. */
final class MessageType {

  static final int WARNING = 1;
  static final int INIT = 16;
  static final int ERROR = 17;
  static final int PING = 18;
  static final int PONG = 19;

  private MessageType() {}

  /**
   * A message's type, which is left to be read.
   *
   * @throws PacketException with {@link Reason#PACKET_MALFORMED} when it has none
   */
  static int of(ByteBuf message) {
    int size = message.readableBytes();
    if (size < Short.BYTES) {
      throw new PacketException(
          Reason.PACKET_MALFORMED, "a message of %d bytes has no type".formatted(size));
    }
    return message.getUnsignedShort(message.readerIndex());
  }
}
