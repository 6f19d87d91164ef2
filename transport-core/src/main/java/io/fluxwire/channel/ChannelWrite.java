package io.fluxwire.channel;

import io.fluxwire.record.Incarnation;
import java.util.List;

/**
 * Changes that a store makes together. Immutable, but for the packets' bytes, which nobody changes.
 *
 * @param packets payloads to add behind the last one, numbered from {@link ChannelState#next} on;
 *     each has at least 1 byte
 * @param first packets below this number are deleted: the peer has taken them. As before where
 *     nothing changes
 * @param received the number of the peer's next packet; as before where nothing changes
 * @param skipped how many packets directly below {@code received} the codec skipped; as before
 *     where that does not change
 * @param attempt the attempt to connect; as before where nothing changes
 * @param peer the incarnation of the peer's store; as before where nothing changes
 */
public record ChannelWrite(
    List<byte[]> packets, long first, long received, long skipped, long attempt, Incarnation peer) {

  /** Copies the list. */
  public ChannelWrite {
    packets = List.copyOf(packets);
  }

  /**
   * How much it adds.
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
   * The state after it.
   *
   * @param before the state before
   * @param keptBytes the payloads that are kept then, together
   * @return what {@link StoredChannel#state} says when it is opened again
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
