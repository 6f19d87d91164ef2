package io.fluxwire;

/**
 * A connection has reached both limits of requests: that of unanswered ones, {@link
 * io.fluxwire.request.RequestSpec#maxInFlight}, and that of those that wait to be sent, {@link
 * io.fluxwire.request.RequestSpec#maxWaiting}. The request was not sent.
 */
public final class TooManyRequestsException extends PeerException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the error.
   *
   * @param inFlight how many requests have no answer yet
   * @param waiting how many requests wait to be sent
   */
  public TooManyRequestsException(int inFlight, int waiting) {
    super(
        Reason.TOO_MANY_REQUESTS,
        "%,d requests have no answer yet, and %,d wait to be sent".formatted(inFlight, waiting));
  }

  /**
   * No stack trace: an application may cause many of these in a loop, and each trace would only
   * show that loop.
   */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
