package io.fluxwire.session;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.FailureText;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;

/** What was thrown, as a type of ours, and what is said of it. */
final class SessionFailures {

  static final String BROKEN_OFF = "the connection broke off without a word";

  private SessionFailures() {}

  /** What the transport or the application threw. */
  static PeerException of(Throwable t) {
    if (t instanceof PeerException known) {
      return known;
    }
    if (t instanceof ClosedChannelException) {
      return new ConnectionClosedException(Reason.CONNECTION_LOST, BROKEN_OFF, t);
    }
    return t instanceof IOException
        ? new ConnectionClosedException(
            Reason.CONNECTION_LOST, "the connection was lost: " + FailureText.of(t), t)
        : ofApplication(t);
  }

  /** As {@link #of}, of what no transport can have thrown. */
  static PeerException ofApplication(Throwable t) {
    return t instanceof PeerException known
        ? known
        : new ConnectionClosedException(
            Reason.APPLICATION_ERROR, "the application failed: " + FailureText.withType(t), t);
  }

  /** What sends error with that are not done when a connection ends. */
  static PeerException ofSends(CloseReason why) {
    PeerException cause = why.cause();
    return cause == null
        ? SendQueue.closed(why.reason())
        : new ConnectionClosedException(
            why.reason(), "the connection ended before all was sent: " + cause.getMessage(), cause);
  }

  /** What the peer is told. */
  static String problem(PeerException fault) {
    String said = fault instanceof ConnectionClosedException closed ? closed.problem() : null;
    if (said != null) {
      return said;
    }
    // An impostor does not learn whom it had to be.
    return fault.reason() == Reason.NODE_ID_UNEXPECTED
        ? "it expected another node than this one"
        : String.valueOf(fault.getMessage());
  }
}
