package io.fluxwire.netty;

import io.fluxwire.Undelivered;
import java.util.Objects;

/**
 * How a server's connections ended when it was disposed. Handshakes that were aborted are not
 * counted, since no packet had been sent.
 *
 * @param drained how many connections ended with all packets of their sends written
 * @param aborted how many connections ended before that, by the drain timeout, {@link
 *     DisposablePeerServer#disposeNow} or a fault
 * @param undelivered the packets that the aborted connections had not written
 */
public record ShutdownReport(int drained, int aborted, Undelivered undelivered) {

  static final ShutdownReport NO_CONNECTIONS = new ShutdownReport(0, 0, Undelivered.NOTHING);

  /** Checks that nothing is null. */
  public ShutdownReport {
    Objects.requireNonNull(undelivered, "undelivered");
  }

  /** The report of one connection. */
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
