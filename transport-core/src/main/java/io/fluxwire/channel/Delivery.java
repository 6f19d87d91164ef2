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
   * The packet. A reference-counted packet (the raw codec's) is a heap buffer and need not be
   * released.
   *
   * @return the packet
   */
  public P packet() {
    return packet;
  }

  /**
   * The packet's number among all packets that the peer has ever sent in this channel, from 0 on.
   * An application that stores {@code number() + 1} together with the packet's effect, and passes
   * that to {@link ChannelSpec#startAt}, processes each packet exactly once.
   *
   * @return the number
   */
  public long number() {
    return number;
  }

  /**
   * Acknowledges this packet and all before it: they are not delivered again, and the peer deletes
   * them once the acknowledgement is stored here. May be called on any thread and any number of
   * times; does not wait.
   */
  public void acknowledge() {
    receiving.acknowledge(number + 1);
  }

  @Override
  public String toString() {
    return "Delivery[" + number + ", " + packet + "]";
  }
}
