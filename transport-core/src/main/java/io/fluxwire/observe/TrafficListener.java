package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.fluxwire.observe.dial.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Is told of what one connection carries: for each packet, and for each buffer that is read or
 * written. All methods do nothing by default, and later versions may add some.
 *
 * <p>What comes in is told by one thread at a time, and so is what goes out; both may be told at
 * the same time. Calls come on the connection's event loop, or for packets on the thread that asks
 * for them, and hold up the connection as long as they take. A listener that throws is logged by
 * {@code io.fluxwire.callbacks} and told no more of this connection's traffic.
 */
public interface TrafficListener {

  /** Does nothing. */
  TrafficListener NONE = new TrafficListener() {};

  /**
   * Bytes came from the socket, of the handshake too.
   *
   * @param bytes how many
   */
  default void onRead(int bytes) {}

  /**
   * The codec read a packet.
   *
   * @param bytes the size of its payload
   */
  default void onPacketReceived(int bytes) {}

  /** The codec knew no field of the packet that was received last, which was dropped. */
  default void onUnknownPacket() {}

  /**
   * A packet was encoded and is about to be sealed.
   *
   * @param bytes the size of its payload
   */
  default void onPacketSent(int bytes) {}

  /**
   * Bytes were handed to the transport, of the handshake too.
   *
   * @param bytes how many
   */
  default void onWrite(int bytes) {}

  /**
   * The transport has done with bytes that were handed to it: they are written, or never will be.
   *
   * @param bytes how many
   */
  default void onWriteDone(int bytes) {}

  /** The application asks for no packet, so that the socket is not read. */
  default void onAwaitingDemand() {}

  /** The socket does not take as much as there is to send. */
  default void onWriteStalled() {}

  /**
   * The peer of an upgraded session has answered a ping, of the application's or of keep-alive.
   *
   * @param nanos how long that took from the ping on, in nanoseconds
   */
  default void onRoundTrip(long nanos) {}

  /**
   * A request of this side's has ended. Unlike the others, on any thread, and at the same time as
   * others.
   *
   * @param nanos how long it took, its waiting included, in nanoseconds
   * @param outcome success with its answer
   * @param reason why it failed; null if it did not
   */
  default void onRequestEnded(long nanos, Outcome outcome, @Nullable Reason reason) {}
}
