package io.fluxwire.node;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Whether the clock can be right. No handshake needs it; bans end by it, and logs are read by it.
 *
 * @param clock this machine's
 */
record ClockCheck(Clock clock) implements Check {

  /** When this check was written. */
  static final Instant EARLIEST = Instant.parse("2026-11-01T00:00:00Z");

  private static final String NAME = "clock";

  static ClockCheck ofThisMachine() {
    return new ClockCheck(Clock.systemUTC());
  }

  @Override
  public Finding run() {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    String found = "it is " + now;
    return now.isBefore(EARLIEST)
        ? Finding.problem(
            NAME,
            found + ", which is long ago",
            "bans would last too long, and logs would mislead: set the clock, or have NTP set it")
        : Finding.ok(
            NAME, found + "; whether that is right to the second cannot be seen from here");
  }
}
