package io.fluxwire.channel;

import io.fluxwire.record.Incarnation;
import java.util.Objects;

/**
 * What a store holds of a channel. A value.
 *
 * @param own this store's incarnation: random, made with it, and never another's
 * @param peer the incarnation of the peer's store, {@link Incarnation#NONE} until the two have
 *     agreed
 * @param attempt the greatest attempt to connect that this store knows of; 0 for none
 * @param first the number of the first packet that is kept, {@code next} if none is
 * @param next the number of the next packet to store
 * @param bytes the payloads of the kept packets together
 * @param received the number of the peer's next packet: all below were taken by the application, or
 *     were empty to the codec and skipped
 * @param skipped how many of those directly below {@code received} were skipped, at least: the
 *     position that the application itself stored may be lower by so many
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
   * Whether the two sides have never agreed by this store: it is new, or what was there is lost.
   *
   * @return whether the peer's incarnation is unknown
   */
  public boolean isNew() {
    return peer.isNone();
  }
}
