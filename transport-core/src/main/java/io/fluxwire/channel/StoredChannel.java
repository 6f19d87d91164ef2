package io.fluxwire.channel;

import java.util.List;
import reactor.core.publisher.Mono;

/**
 * A channel's part of a {@link ChannelStore}, open for one {@link PeerChannel}. Its methods are
 * called one after the other, and {@link #write} not before the last one has ended; reads may run
 * beside a write. What they return may signal on any thread, and does so once.
 */
public interface StoredChannel {

  /**
   * What was stored when it was opened. Does not change.
   *
   * @return the state
   */
  ChannelState state();

  /**
   * Stores changes, all or none of them.
   *
   * <p>Emits the payload bytes that are kept after it, once it survives whatever this store
   * promises to survive: a packet is sent, and a position told to the peer, only then. Errors with
   * {@link ChannelStoreException}; with {@link ChannelStoreException.Kind#FULL} nothing was stored,
   * and the same packets are tried again later. Until then positions may be stored without packets:
   * a higher {@link ChannelWrite#first} is what makes room. Any other error ends the channel.
   *
   * @param changes what to store
   * @return the bytes that are kept then, as {@link ChannelState#bytes}
   */
  Mono<Long> write(ChannelWrite changes);

  /**
   * Reads packets that were stored and are still kept, to send them again.
   *
   * @param from the number of the first one; kept, and stored already
   * @param maxBytes how much to read at most; the first packet comes however large it is
   * @return emits at least one packet, from that number on without a gap, each the receiver's own;
   *     errors with {@link ChannelStoreException}
   */
  Mono<List<byte[]>> read(long from, int maxBytes);

  /**
   * Closes it: another process or call may open it. Further calls do nothing.
   *
   * @return the end of the closing; what was written stays
   */
  Mono<Void> close();

  /**
   * Deletes it with all that is in it, and closes it. The next {@link ChannelStore#open} makes a
   * new incarnation.
   *
   * @return the end of the deleting; errors with {@link ChannelStoreException}
   */
  Mono<Void> delete();
}
