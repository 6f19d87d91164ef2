package io.fluxwire.channel;

import io.fluxwire.record.Incarnation;
import java.util.List;

/**
 * Changes that a store makes atomically. Immutable, except for the packets' byte arrays, which must
 * not be changed.
 *
 * @param packets payloads to add behind the last one, numbered from {@link ChannelState#next} on;
 *     each has at least 1 byte
 * @param first packets below this number are deleted, since the peer has acknowledged them; the
 *     same value as before if that does not change
 * @param received the number of the peer's next packet; the same value as before if that does not
 *     change
 * @param skipped how many packets directly below {@code received} the codec skipped; the same value
 *     as before if that does not change
 * @param attempt the number of the latest attempt to connect; the same value as before if that does
 *     not change
 * @param peer the incarnation of the peer's store; the same value as before if that does not change
 */
public record ChannelWrite(
    List<byte[]> packets, long first, long received, long skipped, long attempt, Incarnation peer) {

  /** Copies the list. */
  public ChannelWrite {
    packets = List.copyOf(packets);
  }

  /**
   * The size of the packets that it adds.
   *
   * @return bytes of payload
   */
  public long bytes() {
    long sum = 0;
    for (byte[] packet : packets) {
      sum += packet.length;
    }
    return sum;
  }

  /**
   * The state after these changes.
   *
   * @param before the state before them
   * @param keptBytes the total size of the payloads that are kept afterwards
   * @return the state that {@link StoredChannel#state} returns when the channel is opened again
   */
  public ChannelState after(ChannelState before, long keptBytes) {
    return new ChannelState(
        before.own(),
        peer,
        attempt,
        first,
        before.next() + packets.size(),
        keptBytes,
        received,
        skipped);
  }
}
