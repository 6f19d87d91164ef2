package io.fluxwire.channel;

import io.fluxwire.ChannelException;
import io.fluxwire.PeerException;
import org.jspecify.annotations.Nullable;

/**
 * Observes what happens to channels. Called on the thread that runs the channel at that moment;
 * must not block. Whatever it throws is logged.
 */
public interface ChannelObserver {

  /**
   * The channel is open; it has no connection yet.
   *
   * @param key the channel
   * @param dials whether this side is the one that dials
   * @param state the state of its store
   */
  default void onOpened(ChannelKey key, boolean dials, ChannelState state) {}

  /**
   * The channel has a new connection, and both sides have agreed on their positions.
   *
   * @param key the channel
   * @param resent how many stored packets the peer does not have yet and gets now
   */
  default void onConnected(ChannelKey key, long resent) {}

  /**
   * The channel's connection has ended, or a later one has taken its place.
   *
   * @param key the channel
   * @param superseded true when a later connection has taken its place
   */
  default void onDisconnected(ChannelKey key, boolean superseded) {}

  /**
   * The store has no room. Senders wait, and the channel tries to write again every second.
   *
   * @param key the channel
   * @param failure the store's error
   */
  default void onStoreFull(ChannelKey key, ChannelStoreException failure) {}

  /**
   * The two sides' stores contradict each other.
   *
   * @param key the channel
   * @param failure has both positions
   */
  default void onDisagreement(ChannelKey key, ChannelException failure) {}

  /**
   * The store has completed a write: packets to send, an acknowledgement of the peer's, or a
   * position.
   *
   * @param key the channel
   * @param before the state before the write
   * @param after the state after the write
   */
  default void onStored(ChannelKey key, ChannelState before, ChannelState after) {}

  /**
   * Packets were delivered to the application.
   *
   * @param key the channel
   * @param packets how many, 1 or more
   */
  default void onDelivered(ChannelKey key, long packets) {}

  /**
   * Packets are sent again over a connection that had been given to an earlier connection since the
   * channel was opened.
   *
   * @param key the channel
   * @param packets how many, 1 or more
   */
  default void onResent(ChannelKey key, long packets) {}

  /**
   * The channel has ended; nothing follows.
   *
   * @param key the channel
   * @param why the cause; null when this side closed the channel in good order
   */
  default void onEnded(ChannelKey key, @Nullable PeerException why) {}
}
