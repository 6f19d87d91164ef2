package io.fluxwire.record;

import io.netty.buffer.ByteBuf;

/**
 * Shows in a log what goes over the wire of one connection, as whoever listens there can see it:
 * the sizes and headers of a suite's records, no key and no payload. Called on the connection's
 * event loop.
 */
public interface WireLog {

  /** Shows nothing. */
  WireLog NONE = new WireLog() {};

  /**
   * Bytes came.
   *
   * @param bytes are left as they are
   * @param known how many of them came before and were given back
   */
  default void in(ByteBuf bytes, int known) {}

  /**
   * Bytes go.
   *
   * @param bytes are left as they are
   */
  default void out(ByteBuf bytes) {}

  /**
   * From now on the records are others, both ways, of which only the sizes are shown. Some of them
   * may have come {@linkplain #in in} already, right behind the last one of the old kind.
   */
  default void recordsChanged() {}
}
