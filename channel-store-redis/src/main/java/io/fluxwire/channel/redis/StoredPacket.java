package io.fluxwire.channel.redis;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The format of a packet in Redis: 4 bytes of checksum over its number and its payload, followed by
 * the payload. Redis' append-only file has no checksums itself.
 */
final class StoredPacket {

  private static final int CHECKSUM = Integer.BYTES;

  private StoredPacket() {}

  static byte[] encode(long number, byte[] payload) {
    return ByteBuffer.allocate(CHECKSUM + payload.length)
        .putInt(checksum(number, payload, 0))
        .put(payload)
        .array();
  }

  /** Returns the payload; null when it is damaged. */
  static byte @Nullable [] decode(long number, byte[] stored) {
    if (stored.length <= CHECKSUM
        || ByteBuffer.wrap(stored).getInt() != checksum(number, stored, CHECKSUM)) {
      return null;
    }
    byte[] payload = new byte[stored.length - CHECKSUM];
    System.arraycopy(stored, CHECKSUM, payload, 0, payload.length);
    return payload;
  }

  private static int checksum(long number, byte[] bytes, int from) {
    CRC32C sum = new CRC32C();
    sum.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
    sum.update(bytes, from, bytes.length - from);
    return (int) sum.getValue();
  }
}
