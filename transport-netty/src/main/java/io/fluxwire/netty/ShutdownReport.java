package io.fluxwire.netty;

import io.fluxwire.Undelivered;
import java.util.Objects;

/**
 * How a server's connections ended when it was disposed. Handshakes that were broken off are not
 * counted: nothing had been sent.
 *
 * @param drained the connections whose sends' packets were all written
 * @param aborted the connections that ended before, by the drain timeout, {@link
 *     DisposablePeerServer#disposeNow} or a fault
 * @param undelivered what those had left
 */
public record ShutdownReport(int drained, int aborted, Undelivered undelivered) {

  static final ShutdownReport NO_CONNECTIONS = new ShutdownReport(0, 0, Undelivered.NOTHING);

  /** Checks that all is there. */
  public ShutdownReport {
    Objects.requireNonNull(undelivered, "undelivered");
  }

  /** One connection. */
  static ShutdownReport of(Undelivered left) {
    return left.isNothing() ? new ShutdownReport(1, 0, left) : new ShutdownReport(0, 1, left);
  }

  ShutdownReport plus(ShutdownReport other) {
    return new ShutdownReport(
        drained + other.drained, aborted + other.aborted, undelivered.plus(other.undelivered));
  }

  /** For a person, in one line. */
  @Override
  public String toString() {
    return "%,d connections drained, %,d aborted, not delivered: %s"
        .formatted(drained, aborted, undelivered);
  }
}
