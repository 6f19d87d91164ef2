package io.fluxwire.fleet.internal;

import java.time.Duration;

/**
 * How an instance shows that it is alive.
 *
 * @param interval how often it does
 * @param timeout after which time without a sign of life the others take it for dead
 */
public record Heartbeat(Duration interval, Duration timeout) {

  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofHours(1);

  /** One or two signs may be late. */
  private static final int LEAST_BEATS = 3;

  /** Every second, and 5 s. */
  public static final Heartbeat DEFAULT =
      new Heartbeat(Duration.ofSeconds(1), Duration.ofSeconds(5));

  /**
   * Checks the bounds, but not the ratio of the two, since settings come one after the other.
   *
   * @param interval 10 ms to 1 h
   * @param timeout 10 ms to 1 h
   * @throws IllegalArgumentException when one is out of these bounds
   */
  public Heartbeat {
    requireBounds("an interval", interval);
    requireBounds("a timeout", timeout);
  }

  private static void requireBounds(String what, Duration time) {
    if (time.compareTo(SHORTEST) < 0 || time.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("%s is 10 ms to 1 h, not %s".formatted(what, time));
    }
  }

  /**
   * Changes the interval.
   *
   * @param other as above
   * @return a copy
   */
  public Heartbeat interval(Duration other) {
    return new Heartbeat(other, timeout);
  }

  /**
   * Changes the timeout.
   *
   * @param other as above
   * @return a copy
   */
  public Heartbeat timeout(Duration other) {
    return new Heartbeat(interval, other);
  }

  /**
   * Checks the ratio.
   *
   * @return this
   * @throws IllegalArgumentException when the timeout is shorter than three intervals
   */
  public Heartbeat checked() {
    if (timeout.compareTo(interval.multipliedBy(LEAST_BEATS)) < 0) {
      throw new IllegalArgumentException(
          "a timeout of %s is shorter than three intervals of %s".formatted(timeout, interval));
    }
    return this;
  }

  /**
   * How long an answer may take, before the connection is taken for dead.
   *
   * @return half a timeout
   */
  public Duration answerLimit() {
    return timeout.dividedBy(2);
  }

  /**
   * How many beats in a row may be lost.
   *
   * @return as many as there are in a timeout
   */
  public long lossesAllowed() {
    return timeout.dividedBy(interval);
  }
}
