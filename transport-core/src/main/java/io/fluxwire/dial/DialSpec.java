package io.fluxwire.dial;

import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.observe.Observability;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * How the addresses of one peer race (RFC 8305). Immutable: each setter returns a copy.
 *
 * @param name what is dialled, for messages and events
 * @param resolutionDelay how long an IPv4 answer waits for the IPv6 one; 50 ms (RFC 8305 section 3)
 * @param attemptDelay how long an attempt is alone before the next one starts; 250 ms, from 100 ms
 *     to 2 s (section 5)
 * @param resolutionTimeout how long sources of addresses may take; 5 s
 * @param scheduler runs the timers; {@link Schedulers#parallel()}
 * @param listener is told what happens, one event at a time, on the thread where it happened; must
 *     not block. What it throws is logged and changes nothing else
 * @param observability where meters and traces go
 */
public record DialSpec(
    String name,
    Duration resolutionDelay,
    Duration attemptDelay,
    Duration resolutionTimeout,
    Scheduler scheduler,
    Consumer<? super DialEvent> listener,
    Observability observability) {

  /** The default resolution delay: 50 ms. */
  public static final Duration RESOLUTION_DELAY = Duration.ofMillis(50);

  /** The default attempt delay: 250 ms. */
  public static final Duration ATTEMPT_DELAY = Duration.ofMillis(250);

  /** The default resolution timeout: 5 s. */
  public static final Duration RESOLUTION_TIMEOUT = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.dials");
  private static final Duration MIN_ATTEMPT_DELAY = Duration.ofMillis(100);
  private static final Duration MAX_ATTEMPT_DELAY = Duration.ofSeconds(2);

  /** Checks the values. */
  public DialSpec {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(scheduler, "scheduler");
    Objects.requireNonNull(listener, "listener");
    Objects.requireNonNull(observability, "observability");
    resolutionDelay = Arguments.notNegative("the resolution delay", resolutionDelay);
    resolutionTimeout = Arguments.positive("the resolution timeout", resolutionTimeout);
    Objects.requireNonNull(attemptDelay, "the attempt delay");
    if (attemptDelay.compareTo(MIN_ATTEMPT_DELAY) < 0
        || attemptDelay.compareTo(MAX_ATTEMPT_DELAY) > 0) {
      throw new IllegalArgumentException(
          "the attempt delay is 100 ms to 2 s (RFC 8305), not " + attemptDelay);
    }
  }

  /**
   * The defaults.
   *
   * @param name what is dialled
   * @return the spec
   */
  public static DialSpec of(String name) {
    return new DialSpec(
        name,
        RESOLUTION_DELAY,
        ATTEMPT_DELAY,
        RESOLUTION_TIMEOUT,
        Schedulers.parallel(),
        event -> {},
        Observability.none());
  }

  /**
   * Another name.
   *
   * @param label what is dialled
   * @return a copy
   */
  public DialSpec withName(String label) {
    return new DialSpec(
        label,
        resolutionDelay,
        attemptDelay,
        resolutionTimeout,
        scheduler,
        listener,
        observability);
  }

  /**
   * Another resolution delay.
   *
   * @param delay how long an IPv4 answer waits for the IPv6 one
   * @return a copy
   */
  public DialSpec withResolutionDelay(Duration delay) {
    return new DialSpec(
        name, delay, attemptDelay, resolutionTimeout, scheduler, listener, observability);
  }

  /**
   * Another attempt delay.
   *
   * @param delay from 100 ms to 2 s
   * @return a copy
   */
  public DialSpec withAttemptDelay(Duration delay) {
    return new DialSpec(
        name, resolutionDelay, delay, resolutionTimeout, scheduler, listener, observability);
  }

  /**
   * Another resolution timeout.
   *
   * @param timeout how long sources of addresses may take
   * @return a copy
   */
  public DialSpec withResolutionTimeout(Duration timeout) {
    return new DialSpec(
        name, resolutionDelay, attemptDelay, timeout, scheduler, listener, observability);
  }

  /**
   * Another scheduler.
   *
   * @param timers runs the timers
   * @return a copy
   */
  public DialSpec withScheduler(Scheduler timers) {
    return new DialSpec(
        name, resolutionDelay, attemptDelay, resolutionTimeout, timers, listener, observability);
  }

  /**
   * One more listener, told after those before it.
   *
   * @param more is told what happens
   * @return a copy
   */
  public DialSpec withListener(Consumer<? super DialEvent> more) {
    Objects.requireNonNull(more, "more");
    Consumer<? super DialEvent> before = listener;
    return new DialSpec(
        name,
        resolutionDelay,
        attemptDelay,
        resolutionTimeout,
        scheduler,
        event -> {
          tell(before, event);
          tell(more, event);
        },
        observability);
  }

  /**
   * Other meters and traces.
   *
   * @param where where they go
   * @return a copy
   */
  public DialSpec withObservability(Observability where) {
    return new DialSpec(
        name, resolutionDelay, attemptDelay, resolutionTimeout, scheduler, listener, where);
  }

  /**
   * A listener that throws is its author's fault, and must not stop a dial, nor another listener.
   */
  void tell(DialEvent event) {
    Callbacks.run(
        "the log of dials",
        () -> {
          if (event instanceof DialEvent.RoundFailed) {
            LOG.info("{}", event);
          } else {
            LOG.debug("{}", event);
          }
        });
    tell(listener, event);
  }

  private static void tell(Consumer<? super DialEvent> listener, DialEvent event) {
    Callbacks.run("a listener of dials", () -> listener.accept(event));
  }
}
