package io.fluxwire.dial;

import io.fluxwire.PeerException;
import io.fluxwire.internal.Arguments;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;

/**
 * When a connection publisher dials again: exponential backoff with full jitter. Immutable: each
 * setter returns a copy.
 *
 * <p>Before retry n in a row (from 0), the publisher waits for a random time between zero and
 * {@code min(max, min × 2ⁿ)}. The count returns to zero only when a connection has stayed up for
 * {@link #stableAfter()}. So a peer that accepts connections and then drops them is dialled no more
 * often than a peer that cannot be reached.
 */
public final class ReconnectSpec {

  /** Standard deviations between the expected number of dials and the bound. */
  private static final double SIGMAS = 6;

  /** The settings. They do not change once a spec has them. */
  private static final class Config {

    Duration min = Duration.ofSeconds(1);
    Duration max = Duration.ofMinutes(5);
    Duration stableAfter = Duration.ofSeconds(60);
    Predicate<? super PeerException> retryIf = PeerException::isRetryable;
    DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();
    DialBudget budget = DialBudget.unlimited();

    Config() {}

    Config(Config other) {
      min = other.min;
      max = other.max;
      stableAfter = other.stableAfter;
      retryIf = other.retryIf;
      random = other.random;
      budget = other.budget;
    }
  }

  private final Config config;

  private ReconnectSpec(Config config) {
    this.config = config;
  }

  private ReconnectSpec with(Consumer<Config> change) {
    Config changed = new Config(config);
    change.accept(changed);
    return new ReconnectSpec(changed);
  }

  /**
   * The defaults: delays from 1 s to 5 min, starting again from 1 s after a connection of 60 s or
   * more; retries where {@link PeerException#isRetryable()}; no budget.
   *
   * @return the spec
   */
  public static ReconnectSpec create() {
    return new ReconnectSpec(new Config());
  }

  /**
   * The defaults except for the range of delays: {@link #create()} with {@link #backoff}. @param
   * min the longest first delay; above zero
   *
   * @param max the longest delay of all
   * @return the spec
   */
  public static ReconnectSpec create(Duration min, Duration max) {
    return create().backoff(min, max);
  }

  /**
   * Sets the range of delays.
   *
   * @param min the longest first delay, above zero; the default is 1 s
   * @param max the longest delay of all; the default is 5 min
   * @return a copy
   */
  public ReconnectSpec backoff(Duration min, Duration max) {
    Duration first = Arguments.positive("the least backoff", min);
    Duration last = Arguments.positive("the most backoff", max);
    if (last.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "a backoff ends no lower than it starts, not %s to %s".formatted(min, max));
    }
    return with(
        c -> {
          c.min = first;
          c.max = last;
        });
  }

  /**
   * Sets how long a connection has to stay up so that delays start from the lowest again. @param
   * uptime zero or above; the default is 60 s
   *
   * @return a copy
   */
  public ReconnectSpec stableAfter(Duration uptime) {
    Duration checked = Arguments.notNegative("stableAfter", uptime);
    return with(c -> c.stableAfter = checked);
  }

  /**
   * Sets after which failures to dial again. A failure for which the predicate is false ends the
   * publisher with that failure as the error. An exception that the predicate throws ends the
   * publisher, too.
   *
   * @param retry true to dial again; the default is {@link PeerException#isRetryable()}
   * @return a copy
   */
  public ReconnectSpec retryIf(Predicate<? super PeerException> retry) {
    Objects.requireNonNull(retry, "retry");
    return with(c -> c.retryIf = retry);
  }

  /**
   * Sets a budget that limits the first dials of this publisher and of others that share it.
   *
   * @param shared the budget
   * @return a copy
   */
  public ReconnectSpec budget(DialBudget shared) {
    Objects.requireNonNull(shared, "shared");
    return with(c -> c.budget = shared);
  }

  /**
   * Sets another source of jitter, for tests.
   *
   * @param source gives numbers from 0 (inclusive) to 1 (exclusive)
   * @return a copy
   */
  public ReconnectSpec random(DoubleSupplier source) {
    Objects.requireNonNull(source, "source");
    return with(c -> c.random = source);
  }

  /**
   * How long a connection has to stay up.
   *
   * @return the uptime
   */
  public Duration stableAfter() {
    return config.stableAfter;
  }

  /**
   * The longest delay before a retry.
   *
   * @param failures which retry in a row it is, from 0
   * @return the longest delay
   */
  public Duration ceiling(int failures) {
    // 2^40 of the smallest interval is beyond every maximum that makes sense.
    int doublings = Math.min(failures, 40);
    double nanos = nanos(config.min) * Math.pow(2, doublings);
    return nanos >= nanos(config.max) ? config.max : Duration.ofNanos((long) nanos);
  }

  /**
   * An upper bound on the number of dials within a time to a peer that never stays up. Since delays
   * are random, more dials are possible, but with a probability below 10⁻⁹: the bound is the
   * smallest number of dials whose delays add up to more than the time even when their sum is six
   * standard deviations below its expected value.
   *
   * @param within the time
   * @return the bound
   */
  public long maxDials(Duration within) {
    double seconds = nanos(Arguments.notNegative("the time", within)) / 1e9;
    double mean = 0;
    double variance = 0;
    long dials = 1;
    for (int failures = 0; mean - SIGMAS * Math.sqrt(variance) <= seconds; failures++) {
      double ceiling = nanos(ceiling(failures)) / 1e9;
      mean += ceiling / 2;
      variance += ceiling * ceiling / 12;
      dials++;
    }
    return dials;
  }

  Duration delay(int failures) {
    Duration ceiling = ceiling(failures);
    // A source of jitter may be wrong; not a number counts as zero.
    double part = Math.max(0, Math.min(1, config.random.getAsDouble()));
    Duration delay = Duration.ofNanos((long) (nanos(ceiling) * part));
    // Beyond 2^53 ns a double may have been rounded up.
    return delay.compareTo(ceiling) > 0 ? ceiling : delay;
  }

  /** A double, since a long would overflow after 292 years, which is no reason to fail a dial. */
  private static double nanos(Duration duration) {
    return duration.getSeconds() * 1e9 + duration.getNano();
  }

  boolean isRetryable(PeerException failure) {
    return config.retryIf.test(failure);
  }

  DialBudget budget() {
    return config.budget;
  }

  @Override
  public String toString() {
    return "ReconnectSpec[%s to %s, stable after %s]"
        .formatted(config.min, config.max, config.stableAfter);
  }
}
