package io.fluxwire.record.aead;

import io.netty.buffer.ByteBuf;

/** What a record's body is made of (protocol.md section 9.4), as it is written. */
final class Tlv {

  static final int PADDING = 1;
  static final int PACKET = 2;
  static final int PING = 3;
  static final int PART = 4;
  static final int PONG = 5;
  static final int END = 6;
  static final int READY = 7;
  static final int ROTATE = 8;

  /** This and the next are known only where a channel was negotiated. */
  static final int CHANNEL = 10;

  static final int ACK = 12;

  /** The largest body. */
  static final int MAX_BODY = 65_535;

  /** The largest text of an END. */
  static final int MAX_TEXT = 256;

  private static final int CONTINUES = 0x80;

  private Tlv() {}

  /** Writes the head of a frame of one of the types above, which all take one byte. */
  static void writeHead(ByteBuf body, int type, int length) {
    body.writeByte(type);
    writeVarint(body, length);
  }

  /** The size of such a frame. */
  static int size(int length) {
    return 1 + varintSize(length) + length;
  }

  /** How many bytes {@link #writeVarint} takes. */
  static int varintSize(long value) {
    int size = 1;
    for (long rest = value >>> 7; rest != 0; rest >>>= 7) {
      size++;
    }
    return size;
  }

  /** Writes a number in its shortest form. */
  static void writeVarint(ByteBuf body, long value) {
    long rest = value;
    while ((rest & -CONTINUES) != 0) {
      body.writeByte((int) rest | CONTINUES);
      rest >>>= 7;
    }
    body.writeByte((int) rest);
  }
}
