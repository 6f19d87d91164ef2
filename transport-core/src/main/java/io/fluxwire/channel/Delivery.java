package io.fluxwire.channel;

/**
 * A packet of the peer's, with its number.
 *
 * @param <P> the application's packet type
 */
public final class Delivery<P> {

  private final P packet;
  private final long number;
  private final Receiving<P> receiving;

  Delivery(P packet, long number, Receiving<P> receiving) {
    this.packet = packet;
    this.number = number;
    this.receiving = receiving;
  }

  /**
   * The packet. A reference-counted one (the raw codec's) lies on the heap and need not be
   * released.
   *
   * @return the packet
   */
  public P packet() {
    return packet;
  }

  /**
   * Its number among all that the peer ever sent in this channel, from 0 on. An application that
   * stores {@code number() + 1} together with the packet's effect, and gives that to {@link
   * ChannelSpec#startAt}, has each effect once.
   *
   * @return the number
   */
  public long number() {
    return number;
  }

  /**
   * Says that this packet and all before it are done with: they are not delivered again, and the
   * peer forgets them once this is stored here. Any thread, any number of times; does not wait.
   */
  public void acknowledge() {
    receiving.acknowledge(number + 1);
  }

  @Override
  public String toString() {
    return "Delivery[" + number + ", " + packet + "]";
  }
}
