package io.fluxwire.internal;

import java.time.Duration;
import java.util.Objects;

/**
 * Checks what is set, when it is set, and names the knob. Times that are merely huge, as {@code
 * Duration.ofSeconds(Long.MAX_VALUE)} for "never", become {@link #LONGEST}: timers count
 * nanoseconds in 64 bits.
 */
public final class Arguments {

  /** The longest time that anything waits: 100 years. */
  public static final Duration LONGEST = Duration.ofDays(36_500);

  private Arguments() {}

  /**
   * A time that has to be there.
   *
   * @param knob what is set
   * @param time above zero
   * @return the time, {@link #LONGEST} at most
   * @throws IllegalArgumentException when it is not above zero
   */
  public static Duration positive(String knob, Duration time) {
    if (Objects.requireNonNull(time, knob).isNegative() || time.isZero()) {
      throw new IllegalArgumentException("%s must be above zero, not %s".formatted(knob, time));
    }
    return atMostLongest(time);
  }

  /**
   * A time that may be none.
   *
   * @param knob what is set
   * @param time zero or above
   * @return the time, {@link #LONGEST} at most
   * @throws IllegalArgumentException when it is below zero
   */
  public static Duration notNegative(String knob, Duration time) {
    if (Objects.requireNonNull(time, knob).isNegative()) {
      throw new IllegalArgumentException(
          "%s must not be below zero, as %s is".formatted(knob, time));
    }
    return atMostLongest(time);
  }

  private static Duration atMostLongest(Duration time) {
    return time.compareTo(LONGEST) > 0 ? LONGEST : time;
  }

  /**
   * A number in a range.
   *
   * @param knob what is set
   * @param number from the least to the most
   * @param least the smallest that makes sense
   * @param most the largest that makes sense
   * @return the number
   * @throws IllegalArgumentException when it is out of the range
   */
  public static int inRange(String knob, int number, int least, int most) {
    if (number < least || number > most) {
      throw new IllegalArgumentException(
          "%s must be from %d to %d, not %d".formatted(knob, least, most, number));
    }
    return number;
  }

  /**
   * A number with a lower bound.
   *
   * @param knob what is set
   * @param number the least or above
   * @param least the smallest that makes sense
   * @return the number
   * @throws IllegalArgumentException when it is below
   */
  public static int atLeast(String knob, int number, int least) {
    return (int) atLeast(knob, (long) number, least);
  }

  /**
   * As {@link #atLeast(String, int, int)}.
   *
   * @param knob what is set
   * @param number the least or above
   * @param least the smallest that makes sense
   * @return the number
   * @throws IllegalArgumentException when it is below
   */
  public static long atLeast(String knob, long number, long least) {
    if (number < least) {
      throw new IllegalArgumentException(
          "%s must be at least %d, not %d".formatted(knob, least, number));
    }
    return number;
  }

  /**
   * A time in whole milliseconds, for interfaces that take an {@code int} of them: Netty's connect
   * timeout ends at 24 days.
   *
   * @param time zero or above
   * @return rounded up, so that a short time is not none; {@link Integer#MAX_VALUE} at most
   */
  public static int millis(Duration time) {
    long millis = atMostLongest(time).plusNanos(999_999).toMillis();
    return (int) Math.min(millis, Integer.MAX_VALUE);
  }
}
