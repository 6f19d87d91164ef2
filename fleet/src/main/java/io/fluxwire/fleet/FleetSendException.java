package io.fluxwire.fleet;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;

/**
 * A send to a peer of the fleet failed. {@link #reason()} says why: {@link Reason#PEER_NOT_HELD}
 * when no instance has the peer, and then nothing was delivered; {@link Reason#FORWARDING_FAILED}
 * when the engine or the instance that has the peer failed; {@link Reason#CONNECTION_LOST} when the
 * peer's connection there ended; {@link Reason#PACKET_UNSENDABLE} when that instance could not send
 * a packet. Packets are never sent twice, so the {@link #unknown()} packets may have been delivered
 * or not; all later packets were not delivered.
 */
public final class FleetSendException extends PeerException {

  private static final long serialVersionUID = 1L;

  private final long delivered;
  private final long unknown;

  FleetSendException(Reason reason, String message, long delivered, long unknown) {
    super(
        reason,
        unknown == 0 && delivered == 0
            ? message + "; nothing was delivered"
            : "%s; %,d packets were delivered, and whether %,d more were is not known"
                .formatted(message, delivered, unknown));
    this.delivered = delivered;
    this.unknown = unknown;
  }

  FleetSendException(Reason reason, String message, Throwable cause) {
    super(reason, message + "; nothing was delivered", cause);
    this.delivered = 0;
    this.unknown = 0;
  }

  /**
   * How many of the send's first packets are known to be written to the peer's socket.
   *
   * @return a number of packets
   */
  public long delivered() {
    return delivered;
  }

  /**
   * How many packets after the delivered ones may have been delivered or not.
   *
   * @return a number of packets; 0 when it is safe to send all but the delivered ones again
   */
  public long unknown() {
    return unknown;
  }

  /**
   * Adds no stack trace: it would only show an event loop, and a fleet in trouble makes many of
   * these exceptions.
   */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
