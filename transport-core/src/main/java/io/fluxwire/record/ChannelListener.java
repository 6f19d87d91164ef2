package io.fluxwire.record;

/**
 * Is told of what a peer says of a resumable channel (protocol.md section 10), in order with the
 * packets around it. What it throws ends the session, as a fault of the peer's if it is a {@link
 * io.fluxwire.PeerException} that says so.
 */
public interface ChannelListener {

  /**
   * The peer has said how far it is. Comes once, and before all packets and acknowledgements.
   *
   * @param frame what it said, well-formed
   */
  default void onChannel(ChannelFrame frame) {}

  /**
   * The peer acknowledges packets. Whether the number is one that can be acknowledged is not
   * checked.
   *
   * @param next the number of the first packet that it has not taken, 0 or above
   */
  default void onAcknowledged(long next) {}
}
