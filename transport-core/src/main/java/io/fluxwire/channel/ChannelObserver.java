package io.fluxwire.channel;

import io.fluxwire.ChannelException;
import io.fluxwire.PeerException;
import org.jspecify.annotations.Nullable;

/**
 * Is told what happens to channels. Called by the thread that runs the channel at that moment,
 * which it must not block; what it throws is logged.
 */
public interface ChannelObserver {

  /**
   * The channel is open; it has no connection yet.
   *
   * @param key the channel
   * @param dials whether this side is the one that dials
   * @param state what its store has
   */
  default void onOpened(ChannelKey key, boolean dials, ChannelState state) {}

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

  /**
   * The store has taken a write: packets to send, what the peer has acknowledged, or a position.
   *
   * @param key the channel
   * @param before what the store had
   * @param after what it has now
   */
  default void onStored(ChannelKey key, ChannelState before, ChannelState after) {}

  /**
   * The application was given packets.
   *
   * @param key the channel
   * @param packets how many, 1 or more
   */
  default void onDelivered(ChannelKey key, long packets) {}

  /**
   * A connection was given packets to send that an earlier one had been given since the channel was
   * opened.
   *
   * @param key the channel
   * @param packets how many, 1 or more
   */
  default void onResent(ChannelKey key, long packets) {}

  /**
   * The channel has ended; nothing follows.
   *
   * @param key the channel
   * @param why null for an end in good order by this side
   */
  default void onEnded(ChannelKey key, @Nullable PeerException why) {}
}
