package io.fluxwire.channel;

import reactor.core.publisher.Mono;

/**
 * Where channels keep what must not be lost: the packets that the peer has not taken, and how far
 * this side has taken the peer's. One store serves the channels of one node; {@code
 * ChannelStoreTck} in the test kit says what holds for each.
 *
 * <p>Thread-safe.
 */
public interface ChannelStore {

  /**
   * Opens a channel's part, and makes it with a new incarnation if there is none.
   *
   * <p>Emits it once it is this process's alone. Errors with {@link ChannelStoreException} when
   * another process or another call has it open, when what is stored is damaged or of another
   * version, and when it cannot be read. Nothing is repaired in silence. Blocks no thread that
   * subscribes.
   *
   * @param key the channel
   * @return its part of the store
   */
  Mono<StoredChannel> open(ChannelKey key);
}
