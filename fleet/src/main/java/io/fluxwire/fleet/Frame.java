package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import java.nio.ByteBuffer;

/**
 * A message between instances, mostly about a stream of packets to one peer. The sender numbers its
 * streams. The frames of a stream arrive in order in each direction.
 */
sealed interface Frame {

  /**
   * The number of the stream.
   *
   * @return 0 for frames that belong to none
   */
  long stream();

  // From the sender to the instance that holds the peer.

  /**
   * The first packet, which opens the stream.
   *
   * @param stream the stream
   * @param peer who is to get the packets
   * @param epoch of the row by which the sender found the instance
   * @param last whether this is the only packet
   * @param payload the packet, encoded
   */
  record Open(long stream, NodeId peer, long epoch, boolean last, ByteBuffer payload)
      implements Frame {}

  /**
   * A later packet.
   *
   * @param stream the stream
   * @param number of the packet, counted from 0: the second packet is 1
   * @param payload the packet, encoded
   */
  record Data(long stream, long number, ByteBuffer payload) implements Frame {}

  /**
   * There are no more packets.
   *
   * @param stream the stream
   * @param count how many there were
   */
  record End(long stream, long count) implements Frame {}

  /**
   * The sender does not want the rest to be sent.
   *
   * @param stream the stream
   */
  record Cancel(long stream) implements Frame {}

  /**
   * Asks for a {@link Status}. A frame sent before it that has not arrived by then is lost.
   *
   * @param stream the stream
   * @param sent how many packets were sent before it
   * @param count how many there are in all; 0 while that is not known
   */
  record Probe(long stream, long sent, long count) implements Frame {}

  // From the instance that holds the peer to the sender.

  /**
   * The stream is open, and the sender may send more.
   *
   * @param stream the stream
   * @param total how many packets the sender may have sent in all
   * @param written how many are known to be written to the peer's socket
   */
  record Grant(long stream, long total, long written) implements Frame {}

  /**
   * Answers a {@link Probe}.
   *
   * @param stream the stream
   * @param total as of {@link Grant}
   * @param written as of {@link Grant}
   */
  record Status(long stream, long total, long written) implements Frame {}

  /**
   * All packets are written to the peer's socket.
   *
   * @param stream the stream
   */
  record Done(long stream) implements Frame {}

  /**
   * The peer is not connected here: nothing of the stream was delivered.
   *
   * @param stream the stream
   */
  record NotHere(long stream) implements Frame {}

  /**
   * The stream has failed.
   *
   * @param stream the stream
   * @param failure what happened
   * @param written how many packets are known to be written to the peer's socket
   * @param handed how many may be written: no later packet is
   */
  record Failed(long stream, Failure failure, long written, long handed) implements Frame {}

  // From an instance to all others.

  /** The sender takes no dials, since it drains or is an observer: the others share them. */
  record Draining() implements Frame {
    @Override
    public long stream() {
      return 0;
    }
  }

  /** Why a stream failed. */
  enum Failure {
    /** The peer's connection ended. */
    CONNECTION_ENDED(0),
    /** The instance holds as many forwarded bytes as it may. */
    BUSY(1),
    /** A frame of the stream did not arrive. */
    LOST(2),
    /** The codec of the instance cannot read a packet, or the peer's connection refused it. */
    UNSENDABLE(3);

    private final long code;

    Failure(long code) {
      this.code = code;
    }

    long code() {
      return code;
    }
  }
}
