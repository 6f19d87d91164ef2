package io.fluxwire.node;

import io.fluxwire.handshake.UpgradePolicy;
import java.time.Duration;
import picocli.CommandLine.TypeConversionException;

/**
 * When to ask whether a silent peer is alive.
 *
 * @param interval after how much silence
 * @param timeout how long it may take to answer
 */
record KeepAlive(Duration interval, Duration timeout) {

  /** Of the interval, for who names no timeout. */
  private static final int TIMEOUT_SHARE = 3;

  static KeepAlive parse(String text) {
    String[] parts = text.split(",", -1);
    if (parts.length > 2) {
      throw new TypeConversionException(
          "'%s' is not TIME or TIME,TIMEOUT; write 30s or 1m,10s".formatted(text));
    }
    Duration interval = Durations.parse(parts[0]);
    if (interval.compareTo(UpgradePolicy.MIN_KEEP_ALIVE) < 0) {
      throw new TypeConversionException(
          "'%s' is too often; write %ds or more"
              .formatted(text, UpgradePolicy.MIN_KEEP_ALIVE.toSeconds()));
    }
    Duration timeout =
        parts.length == 2 ? Durations.parse(parts[1]) : interval.dividedBy(TIMEOUT_SHARE);
    if (timeout.isZero()) {
      throw new TypeConversionException(
          "'%s' gives the peer no time to answer; write a timeout above 0, or none"
              .formatted(text));
    }
    return new KeepAlive(interval, timeout);
  }
}
