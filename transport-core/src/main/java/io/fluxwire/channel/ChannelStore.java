package io.fluxwire.channel;

import reactor.core.publisher.Mono;

/**
 * Stores what channels must not lose: the packets that the peer has not acknowledged, and this
 * side's position in the peer's packets. One store serves all channels of one node. {@code
 * ChannelStoreTck} in the test kit tests what every store has to do.
 *
 * <p>Thread-safe.
 */
public interface ChannelStore {

  /**
   * Opens a channel's part of the store. If there is none yet, it is created with a new
   * incarnation.
   *
   * <p>Emits the part once this call has it exclusively. Errors with {@link ChannelStoreException}
   * when another process or another call has it open, when what is stored is damaged or of another
   * version, and when it cannot be read. Nothing is repaired in silence. Does not block the
   * subscribing thread.
   *
   * @param key the channel
   * @return its part of the store
   */
  Mono<StoredChannel> open(ChannelKey key);
}
