package io.fluxwire;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Why a connection ended.
 *
 * @param reason the machine-readable reason
 * @param cause the fault that ended it; null when either side closed in good order
 */
public record CloseReason(Reason reason, @Nullable PeerException cause) {

  /** Checks the reason. */
  public CloseReason {
    Objects.requireNonNull(reason, "reason");
  }

  /**
   * The end by a fault.
   *
   * @param cause the fault
   * @return the reason of the fault, and the fault
   */
  public static CloseReason of(PeerException cause) {
    return new CloseReason(cause.reason(), cause);
  }

  /** The reason for a person, in one line. */
  @Override
  public String toString() {
    PeerException fault = cause;
    return switch (reason) {
      case CLOSED_BY_PEER -> "closed by the peer";
      case CLOSED_UNAUTHENTICATED -> "closed by the peer, or cut off between two messages";
      case CLOSED_LOCALLY -> "closed by this side";
      default -> fault == null ? reason.name() : String.valueOf(fault.getMessage());
    };
  }
}
