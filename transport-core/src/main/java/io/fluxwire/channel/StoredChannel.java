package io.fluxwire.channel;

import java.util.List;
import reactor.core.publisher.Mono;

/**
 * A channel's part of a {@link ChannelStore}, open for one {@link PeerChannel}. Its methods are
 * called one after the other. {@link #write} is called only when the previous write has ended;
 * reads may run at the same time as a write. The returned {@code Mono}s are subscribed to once and
 * may signal on any thread.
 */
public interface StoredChannel {

  /**
   * The state when the channel was opened. Does not change.
   *
   * @return the state
   */
  ChannelState state();

  /**
   * Stores changes, all or none of them.
   *
   * <p>Once the changes are as durable as this store promises, emits the number of payload bytes
   * that are kept now. Only then does the channel send the packets and tell the peer its position.
   * Errors with {@link ChannelStoreException}. With {@link ChannelStoreException.Kind#FULL} nothing
   * was stored, and the channel writes the same packets again later. Meanwhile it may write
   * positions without packets: a higher {@link ChannelWrite#first} makes room. Any other error ends
   * the channel.
   *
   * @param changes what to store
   * @return the bytes that are kept after the write, as {@link ChannelState#bytes}
   */
  Mono<Long> write(ChannelWrite changes);

  /**
   * Reads packets that were stored and are still kept, to send them again.
   *
   * @param from the number of the first one; kept, and stored already
   * @param maxBytes how many bytes to read at most; the first packet is emitted however large it is
   * @return emits at least one packet, from that number on without a gap; the arrays belong to the
   *     receiver; errors with {@link ChannelStoreException}
   */
  Mono<List<byte[]>> read(long from, int maxBytes);

  /**
   * Closes the channel's part, so that another process or call may open it. What was written stays.
   * Further calls do nothing.
   *
   * @return completes when it is closed
   */
  Mono<Void> close();

  /**
   * Deletes the channel's part with all that is in it, and closes it. The next {@link
   * ChannelStore#open} creates a new incarnation.
   *
   * @return completes when it is deleted; errors with {@link ChannelStoreException}
   */
  Mono<Void> delete();
}
