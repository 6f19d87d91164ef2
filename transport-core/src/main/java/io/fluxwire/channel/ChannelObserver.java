package io.fluxwire.channel;

import io.fluxwire.ChannelException;

/**
 * Is told what happens to channels. Called by the thread that runs the channel at that moment,
 * which it must not block; what it throws is logged.
 */
public interface ChannelObserver {

  /** Does nothing. */
  ChannelObserver NONE = new ChannelObserver() {};

  /**
   * Both sides agree on where the channel goes on, over a new connection.
   *
   * @param key the channel
   * @param resent how many stored packets the peer has not got, and gets now
   */
  default void onConnected(ChannelKey key, long resent) {}

  /**
   * The channel's connection has ended, or a later one has taken its place.
   *
   * @param key the channel
   * @param superseded whether a later one has
   */
  default void onDisconnected(ChannelKey key, boolean superseded) {}

  /**
   * The store has no room: senders wait, and it is tried again every second.
   *
   * @param key the channel
   * @param failure what the store says
   */
  default void onStoreFull(ChannelKey key, ChannelStoreException failure) {}

  /**
   * The two stores do not fit together.
   *
   * @param key the channel
   * @param failure has both positions
   */
  default void onDisagreement(ChannelKey key, ChannelException failure) {}
}
