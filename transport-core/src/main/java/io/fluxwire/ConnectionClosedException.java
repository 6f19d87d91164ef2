package io.fluxwire;

import io.fluxwire.internal.PrintableText;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The connection ended while something still needed it: a {@code send} was not finished, the peer
 * hung up during a dial, the connection was lost, the application on this side failed, or the peer
 * ended the session with an {@code error} packet, whose text is then {@link #problem()}.
 */
public final class ConnectionClosedException extends PeerException {

  private static final long serialVersionUID = 1L;
  private static final int MAX_PROBLEM = 256;

  private final @Nullable String problem;

  /**
   * The connection ended.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   */
  public ConnectionClosedException(Reason reason, String message) {
    super(reason, message);
    this.problem = null;
  }

  /**
   * The connection ended because of another error.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   * @param cause what ended it
   */
  public ConnectionClosedException(Reason reason, String message, Throwable cause) {
    super(reason, message, cause);
    this.problem = null;
  }

  private ConnectionClosedException(Reason reason, String who, String problem) {
    super(reason, who + problem);
    this.problem = problem;
  }

  /**
   * The peer told why it ended the session (protocol.md section 6).
   *
   * @param problem the peer's text; control and format characters and line separators are replaced
   *     and it is cut at 256 characters, since it goes to logs and terminals
   * @return the error
   */
  public static ConnectionClosedException byPeer(String problem) {
    return new ConnectionClosedException(
        Reason.PEER_ERROR, "the peer ended the session: ", harmless(problem));
  }

  /**
   * This side closed with an error: {@link PeerConnection#closeWithError}.
   *
   * @param problem the text that the peer is told; it is cut and cleaned as in {@link #byPeer}
   * @return the error
   */
  public static ConnectionClosedException byThisSide(String problem) {
    return new ConnectionClosedException(
        Reason.CLOSED_WITH_ERROR, "this side closed with an error: ", harmless(problem));
  }

  private static String harmless(String problem) {
    Objects.requireNonNull(problem, "problem");
    return PrintableText.of(problem, MAX_PROBLEM);
  }

  /** No stack trace: it would be the event loop's, and every session ends with one of these. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }

  /**
   * The text of the side that ended the session with an error: that of the peer's {@code error}
   * packet or END frame, or of this side's {@link PeerConnection#closeWithError}.
   *
   * @return the text; null when neither side ended the session with an error
   */
  public @Nullable String problem() {
    return problem;
  }
}
