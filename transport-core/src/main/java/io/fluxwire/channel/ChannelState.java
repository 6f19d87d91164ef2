package io.fluxwire.channel;

import io.fluxwire.record.Incarnation;
import java.util.Objects;

/**
 * The state of a channel in its store. A value.
 *
 * @param own this store's incarnation: a random value that is made with the store and that no other
 *     store has
 * @param peer the incarnation of the peer's store, {@link Incarnation#NONE} until the two have
 *     agreed
 * @param attempt the highest number of an attempt to connect that this store knows of; 0 for none
 * @param first the number of the first packet that is kept, {@code next} if none is
 * @param next the number of the next packet to store
 * @param bytes the total size of the payloads of the kept packets
 * @param received the number of the peer's next packet: all packets below it were acknowledged by
 *     the application, or skipped because the codec found nothing in them for the application
 * @param skipped how many packets directly below {@code received} were skipped, at least: the
 *     position that the application itself stored may be lower by up to this number
 */
public record ChannelState(
    Incarnation own,
    Incarnation peer,
    long attempt,
    long first,
    long next,
    long bytes,
    long received,
    long skipped) {

  /**
   * Checks what holds for every state.
   *
   * @throws IllegalArgumentException when numbers are negative or contradict each other
   */
  public ChannelState {
    Objects.requireNonNull(peer, "peer");
    boolean numbersPackets = 0 <= first && first <= next && 0 <= skipped && skipped <= received;
    if (own.isNone() || attempt < 0 || bytes < 0 || !numbersPackets) {
      throw new IllegalArgumentException("no state of a channel");
    }
  }

  /**
   * The state of a store that was just made.
   *
   * @param own its incarnation
   * @return the state
   */
  public static ChannelState fresh(Incarnation own) {
    return new ChannelState(own, Incarnation.NONE, 0, 0, 0, 0, 0, 0);
  }

  /**
   * Whether the two sides have never agreed on their positions with this store, because it is the
   * first one or because an earlier one was lost.
   *
   * @return whether the peer's incarnation is unknown
   */
  public boolean isNew() {
    return peer.isNone();
  }
}
