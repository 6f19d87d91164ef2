package io.fluxwire.record;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Opens the records of one direction: the state of that direction, with its keys, its counters and
 * what is here of a record or a payload that is not whole. A record may give several payloads, and
 * a payload may take several records.
 *
 * <p>Used by one thread at a time. Whoever made it destroys it.
 */
public interface RecordOpener {

  /**
   * Reads on.
   *
   * @param in what has arrived, read up to the end of the record that the payload ends in; borrowed
   * @return the next payload, the caller's to release; null when it takes more bytes
   * @throws PeerException when a record breaks a rule, after the payloads before it were given;
   *     what follows it is never looked at
   */
  @Nullable ByteBuf next(ByteBuf in);

  /**
   * Whether {@link #next} gives a payload without more bytes, or says which rule is broken.
   *
   * @return true while there is more in a record that is open
   */
  boolean hasNext();

  /**
   * Sets who is told of what the records say beside payloads. Called between two calls of {@link
   * #next}; nobody is told before. By default does nothing, for records that hold payloads only.
   *
   * @param listener who is told
   */
  default void listener(ControlListener listener) {}

  /**
   * Whether the peer has said that nothing follows in this direction. What still comes is not
   * looked at.
   *
   * @return false, as by default, where only the end of the stream says so
   */
  default boolean isEnded() {
    return false;
  }

  /**
   * The size of the payload at hand, as far as its sender has told it. Not authenticated yet.
   *
   * @return bytes; 0 as long as nothing is known
   */
  int announced();

  /**
   * Whether a record or a payload has started to arrive and is not whole.
   *
   * @return true inside a record, and between the records of one payload
   */
  boolean isInsideRecord();

  /**
   * No more bytes will come.
   *
   * @throws PeerException when they must not end here
   */
  void inputEnded();

  /**
   * Why the peer's direction has ended, once it ended where it may.
   *
   * @return {@link Reason#CLOSED_BY_PEER} by default; another where such an end says less
   */
  default Reason endReason() {
    return Reason.CLOSED_BY_PEER;
  }

  /**
   * Is called when all input is used up: gives back all memory but that of a record that has
   * started.
   */
  void idle();

  /**
   * Gives back memory that is not in use, beyond what a payload of some size needs.
   *
   * @param payload the size, in bytes
   */
  void trim(int payload);

  /** Releases what is held and destroys the keys. Nothing is called afterwards but this. */
  void destroy();
}
