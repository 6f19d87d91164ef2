package io.fluxwire.record;

import io.fluxwire.crypto.DirectionKeys;
import io.netty.buffer.ByteBufAllocator;
import org.slf4j.Logger;

/** What records look like: makes the state of each direction from its keys. */
public interface RecordSuite {

  /**
   * Makes the opener of one direction.
   *
   * @param keys the keys of the direction, used up by this
   * @param allocator gives the buffers
   * @return the opener, the caller's to destroy
   * @throws IllegalStateException when the keys were used before
   */
  RecordOpener opener(DirectionKeys keys, ByteBufAllocator allocator);

  /**
   * Makes the sealer of one direction.
   *
   * @param keys the keys of the direction, used up by this
   * @param allocator gives the buffers
   * @return the sealer, the caller's to destroy
   * @throws IllegalStateException when the keys were used before
   */
  RecordSealer sealer(DirectionKeys keys, ByteBufAllocator allocator);

  /**
   * How many bytes of a direction's first record say how long it is, so that it can be gathered
   * before there are keys.
   *
   * @return bytes; 0, as by default, where only its opener can tell
   */
  default int headerSize() {
    return 0;
  }

  /**
   * How long a direction's first record says it is, which nobody has checked.
   *
   * @param header its first {@link #headerSize()} bytes, and maybe more
   * @return bytes of the whole record, or too large a number; the default throws, since nothing
   *     calls it without a header
   */
  default long firstRecordSize(byte[] header) {
    throw new UnsupportedOperationException("these records do not say how long they are");
  }

  /**
   * Makes what shows these records in a log, at trace level.
   *
   * @param log where to
   * @param connection what logs call the connection
   * @param sessionKey how many bytes of a session key come before the first record, each way
   * @return the log of one connection; {@link WireLog#NONE}, the default, where a suite shows
   *     nothing
   */
  default WireLog wireLog(Logger log, String connection, int sessionKey) {
    return WireLog.NONE;
  }
}
