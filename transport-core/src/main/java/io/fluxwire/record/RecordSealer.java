package io.fluxwire.record;

import io.fluxwire.PacketException;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Seals the payloads of one direction into records: the state of that direction, with its keys, its
 * counters and the records that are not taken yet. A record may hold one payload or several, and a
 * payload may take several records; all that was added is in what {@link #flush} gives.
 *
 * <p>Used by one thread at a time. Whoever made it destroys it.
 */
public interface RecordSealer {

  /**
   * The smallest payload.
   *
   * @return bytes, 1 by default; what is smaller is refused by {@link #add}
   */
  default int minPayload() {
    return 1;
  }

  /**
   * The largest payload.
   *
   * @return bytes; what is larger is refused by {@link #add}
   */
  int maxPayload();

  /**
   * Whether a payload should be added to what is pending, rather than that be flushed first.
   *
   * @param payload the payload's size in bytes
   * @return true whenever nothing is pending
   */
  boolean hasRoomFor(int payload);

  /**
   * Adds a payload to what is pending.
   *
   * @param payload the payload, released by this, also when it throws
   * @throws PacketException when the payload has a size that no record may have
   */
  void add(ByteBuf payload);

  /**
   * How much {@link #flush} would give now.
   *
   * @return the bytes of the records that are pending
   */
  int pending();

  /**
   * Takes what is pending, in whole records: nothing of a payload that was added stays behind.
   *
   * @return the records, the caller's to release; empty when nothing was pending
   */
  ByteBuf flush();

  /**
   * What these records can say beside payloads.
   *
   * @return null, as by default, if they hold payloads only
   */
  default @Nullable ControlSealer control() {
    return null;
  }

  /** Destroys the keys and releases what is pending. Nothing may be added afterwards. */
  void destroy();
}
