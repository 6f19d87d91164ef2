package io.fluxwire.netty;

import io.fluxwire.internal.LogGate;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of connections that a limit keeps out: a line for each would let a flood fill the log, and
 * none would leave an operator of a full node in the dark. Each is logged at debug level; one in a
 * minute at warn level, with how many there were since the one before. Thread-safe.
 */
final class LimitLog {

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.limits");

  private final LogGate gate;

  /**
   * Has told nothing yet.
   *
   * @param nanoClock a clock that nobody sets
   */
  LimitLog(LongSupplier nanoClock) {
    this.gate = new LogGate(nanoClock);
  }

  void refused(HandshakeFailure failure) {
    LOG.debug("refused {}", failure);
    gate.tell(
        count ->
            LOG.warn(
                "{} inbound connections were refused by a limit; the last one: {}. {} The next line"
                    + " like this comes in a minute at the earliest",
                count,
                failure,
                failure.cause().reason().advice()));
  }
}
