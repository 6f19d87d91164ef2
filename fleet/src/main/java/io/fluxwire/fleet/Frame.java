package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import java.nio.ByteBuffer;

/**
 * What instances tell each other about a stream of packets to one peer. The sender numbers its
 * streams; each direction's frames of a stream come in order.
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
   * @param epoch of the row that said so
   * @param last whether there is no other packet
   * @param payload the packet, encoded
   */
  record Open(long stream, NodeId peer, long epoch, boolean last, ByteBuffer payload)
      implements Frame {}

  /**
   * A later packet.
   *
   * @param stream the stream
   * @param number of the packet: 1 for the second
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
   * Asks for a {@link Status}. What was sent before it has come before it, or is lost.
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
   * @param total how many packets it may have sent
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
   * @param handed how many may be: all later ones are not
   */
  record Failed(long stream, Failure failure, long written, long handed) implements Frame {}

  // From any instance to all others.

  /** The sender is about to leave: its dials are for the others. */
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
