package io.fluxwire.lightning;

import com.google.protobuf.ByteString;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The first message of either side (BOLT 1).
 *
 * @param features what its sender can do
 * @param networks the hashes of the networks that its sender names, one behind the other
 */
record InitMessage(FeatureBits features, ByteString networks) {

  /** The extension that names the sender's networks. */
  private static final long NETWORKS = 1;

  /** What one network takes: the hash of its first block. */
  static final int NETWORK_SIZE = 32;

  /** One that names no networks. */
  static InitMessage of(FeatureBits features) {
    return new InitMessage(features, ByteString.EMPTY);
  }

  /** Writes it, with all features in the later one of its two fields. */
  ByteBuf toMessage() {
    byte[] bytes = features.toBytes();
    return Unpooled.buffer(3 * Short.BYTES + bytes.length)
        .writeShort(MessageType.INIT)
        .writeShort(0)
        .writeShort(bytes.length)
        .writeBytes(bytes);
  }

  /**
   * Reads one.
   *
   * @param message read to its end
   * @throws PacketException when it is another message, ends early, names a part of a network, or
   *     has an extension with an even type
   */
  static InitMessage parse(ByteBuf message) {
    int type = MessageType.of(message);
    message.skipBytes(Short.BYTES);
    if (type != MessageType.INIT) {
      throw malformed("the peer's first message is of type " + type + ", not init");
    }
    FeatureBits global = FeatureBits.parse(field(message));
    FeatureBits features = FeatureBits.parse(field(message)).or(global);
    return new InitMessage(features, networks(message));
  }

  private static byte[] field(ByteBuf message) {
    if (message.readableBytes() < Short.BYTES) {
      throw endsEarly();
    }
    return take(message, message.readUnsignedShort());
  }

  private static byte[] take(ByteBuf message, long size) {
    if (size < 0 || message.readableBytes() < size) {
      throw endsEarly();
    }
    byte[] taken = new byte[(int) size];
    message.readBytes(taken);
    return taken;
  }

  /** Of the extensions that this layer does not know, those with odd types are passed over. */
  private static ByteString networks(ByteBuf message) {
    ByteString networks = ByteString.EMPTY;
    long last = 0;
    for (boolean first = true; message.isReadable(); first = false) {
      long type = bigSize(message);
      if (!first && Long.compareUnsigned(type, last) <= 0) {
        throw malformed("the extensions of the peer's init are out of order");
      }
      if ((type & 1) == 0) {
        throw new PacketException(
            Reason.UNKNOWN_EVEN_FIELD,
            "the peer's init has the unknown even extension " + Long.toUnsignedString(type));
      }
      last = type;
      byte[] value = take(message, bigSize(message));
      if (type == NETWORKS) {
        networks = whole(value);
      }
    }
    return networks;
  }

  private static ByteString whole(byte[] networks) {
    if (networks.length % NETWORK_SIZE != 0) {
      throw malformed(
          "the peer's init has %d bytes of networks, of %d each"
              .formatted(networks.length, NETWORK_SIZE));
    }
    return ByteString.copyFrom(networks);
  }

  /** BOLT 1's number of 1, 3, 5 or 9 bytes, as few as do; negative from 2^63 on. */
  private static long bigSize(ByteBuf message) {
    int first = take(message, 1)[0] & 0xff;
    return switch (first) {
      case 0xfd -> number(message, Short.BYTES, 0xfd);
      case 0xfe -> number(message, Integer.BYTES, 1L << Short.SIZE);
      case 0xff -> number(message, Long.BYTES, 1L << Integer.SIZE);
      default -> first;
    };
  }

  private static long number(ByteBuf message, int size, long least) {
    long value = 0;
    for (byte next : take(message, size)) {
      value = (value << Byte.SIZE) | (next & 0xff);
    }
    if (Long.compareUnsigned(value, least) < 0) {
      throw malformed("a number in the extensions of the peer's init has more bytes than it needs");
    }
    return value;
  }

  private static PacketException endsEarly() {
    return malformed("the peer's init ends early");
  }

  private static PacketException malformed(String how) {
    return new PacketException(Reason.PACKET_MALFORMED, how);
  }
}
