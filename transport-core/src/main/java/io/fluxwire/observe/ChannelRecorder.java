package io.fluxwire.observe;

import io.fluxwire.Reason;

/**
 * Is told of the life of one channel, for its meters: by the thread that runs the channel at that
 * moment, one thing at a time. All methods do nothing by default, and none throws. Applications
 * have {@code ChannelObserver} for that.
 */
public interface ChannelRecorder {

  /** Does nothing. */
  ChannelRecorder NONE = new ChannelRecorder() {};

  /** Both sides agree over a new connection. */
  default void onConnected() {}

  /**
   * A connection over which both sides agreed goes on no more.
   *
   * @param superseded whether a later one takes its place
   */
  default void onDisconnected(boolean superseded) {}

  /** A write to the store begins. */
  default void onWriting() {}

  /** The write did not fit. */
  default void onStoreFull() {}

  /**
   * The write has ended well.
   *
   * @param first the number of the first packet that the store keeps now
   * @param next the number of the next packet to store
   * @param bytes the payloads of those that it keeps
   */
  default void onWritten(long first, long next, long bytes) {}

  /**
   * The application was given packets.
   *
   * @param packets how many
   */
  default void onDelivered(long packets) {}

  /**
   * Packets were sent that an earlier connection of this process had been given.
   *
   * @param packets how many
   */
  default void onResent(long packets) {}

  /**
   * The channel has ended: nothing follows.
   *
   * @param reason why
   */
  default void onEnded(Reason reason) {}
}
