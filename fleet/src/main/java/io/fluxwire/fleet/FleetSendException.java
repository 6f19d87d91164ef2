package io.fluxwire.fleet;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;

/**
 * A send to a peer of the fleet failed. {@link #reason()} says why: {@link Reason#PEER_NOT_HELD}
 * when no instance has the peer, and then nothing was delivered; {@link Reason#FORWARDING_FAILED}
 * when the way to the instance that has it failed, or the instance; {@link Reason#CONNECTION_LOST}
 * when the peer's connection there ended. Packets are never sent twice, so what is {@link
 * #unknown()} may have been delivered or not; all later packets were not.
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
            : "%s; %,d packets were delivered, and of %,d it is not known"
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
   * Of how many packets after these it is not known.
   *
   * @return a number of packets; 0 when it is safe to send all but the delivered ones again
   */
  public long unknown() {
    return unknown;
  }

  /**
   * No stack trace: it would be that of an event loop, and fleets in trouble have many of these.
   */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
