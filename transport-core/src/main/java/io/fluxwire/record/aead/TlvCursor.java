package io.fluxwire.record.aead;

import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;

/**
 * Walks over the frames of one body (protocol.md section 9.4). It looks at nothing beyond the frame
 * at hand, since those before a faulty one count. Not thread-safe; serves for one body after the
 * other.
 */
final class TlvCursor {

  /** Of seven bits each, which make up 64. */
  private static final int MAX_VARINT = 10;

  private byte[] bytes = new byte[0];
  private int at;
  private int end;

  private long type;
  private int valueStart;
  private int valueLength;

  /** Begins with a body, which must stay as it is until its end. */
  void begin(byte[] body, int offset, int length) {
    bytes = body;
    at = offset;
    end = offset + length;
  }

  /** Looks at nothing more, and lets the body go. */
  void stop() {
    begin(new byte[0], 0, 0);
  }

  boolean hasNext() {
    return at < end;
  }

  /**
   * Moves to the next frame.
   *
   * @throws FrameIntegrityException when it is not whole
   */
  void next() {
    type = varint(end);
    long length = varint(end);
    if (Long.compareUnsigned(length, end - at) > 0) {
      throw malformed("a frame is longer than what is left of its record");
    }
    valueStart = at;
    valueLength = (int) length;
    at += valueLength;
  }

  /** The frame's type, unsigned. */
  long type() {
    return type;
  }

  /** Where its value starts in the body's array. */
  int start() {
    return valueStart;
  }

  /** The bytes of its value. */
  int length() {
    return valueLength;
  }

  /**
   * Takes a number off the value's start.
   *
   * @return the number, unsigned
   * @throws FrameIntegrityException when there is none
   */
  long takeVarint() {
    int behind = at;
    int valueEnd = valueStart + valueLength;
    at = valueStart;
    long value = varint(valueEnd);
    valueStart = at;
    valueLength = valueEnd - at;
    at = behind;
    return value;
  }

  private long varint(int limit) {
    long value = 0;
    for (int i = 0; i < MAX_VARINT; i++) {
      if (at == limit) {
        throw malformed("a record ends inside a number");
      }
      byte next = bytes[at++];
      value |= (next & 0x7fL) << (7 * i);
      if (next >= 0) {
        if (i == MAX_VARINT - 1 && next > 1) {
          break;
        }
        return value;
      }
    }
    throw malformed("a number is not below 2^64");
  }

  static FrameIntegrityException malformed(String how) {
    return new FrameIntegrityException(Reason.RECORD_MALFORMED, how);
  }
}
