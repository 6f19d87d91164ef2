package io.fluxwire;

import io.fluxwire.internal.PrintableText;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The connection ended while something still wanted it: a {@code send} that was not done, a dial
 * whose peer hung up, a connection that was lost, one whose application failed, or a session that
 * the peer ended with an {@code error} packet, whose text is then {@link #problem()}.
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
   * The connection ended by a fault.
   *
   * @param reason the machine-readable reason
   * @param message the reason for a person
   * @param cause what ended it
   */
  public ConnectionClosedException(Reason reason, String message, Throwable cause) {
    super(reason, message, cause);
    this.problem = null;
  }

  private ConnectionClosedException(String problem) {
    super(Reason.PEER_ERROR, "the peer ended the session: " + problem);
    this.problem = problem;
  }

  /**
   * The peer said why it ends the session (protocol.md section 6).
   *
   * @param problem the peer's text; control and format characters and line separators are replaced
   *     and it is cut at 256 characters, since it goes to logs and terminals
   * @return the error
   */
  public static ConnectionClosedException byPeer(String problem) {
    Objects.requireNonNull(problem, "problem");
    return new ConnectionClosedException(PrintableText.of(problem, MAX_PROBLEM));
  }

  /** No stack trace: it would be the event loop's, and every session ends with one of these. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }

  /**
   * The text of the peer's {@code error} packet.
   *
   * @return null when the peer did not send one
   */
  public @Nullable String problem() {
    return problem;
  }
}
