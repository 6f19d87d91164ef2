package io.fluxwire.dial;

import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.observe.Observability;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** How the addresses of one peer race (RFC 8305). Immutable: each setter returns a copy. */
public final class DialSpec {

  /** The default resolution delay: 50 ms. */
  public static final Duration RESOLUTION_DELAY = Duration.ofMillis(50);

  /** The default attempt delay: 250 ms. */
  public static final Duration ATTEMPT_DELAY = Duration.ofMillis(250);

  /** The default resolution timeout: 5 s. */
  public static final Duration RESOLUTION_TIMEOUT = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.dials");
  private static final Duration MIN_ATTEMPT_DELAY = Duration.ofMillis(100);
  private static final Duration MAX_ATTEMPT_DELAY = Duration.ofSeconds(2);

  /** The settings. They do not change once a spec has them. */
  private static final class Config {

    String name;
    Duration resolutionDelay = RESOLUTION_DELAY;
    Duration attemptDelay = ATTEMPT_DELAY;
    Duration resolutionTimeout = RESOLUTION_TIMEOUT;
    Scheduler scheduler = Schedulers.parallel();
    Consumer<? super DialEvent> listener = event -> {};
    List<Supplier<? extends Consumer<? super DialEvent>>> monitors = List.of();
    Observability observability = Observability.none();

    Config(String name) {
      this.name = name;
    }

    Config(Config other) {
      name = other.name;
      resolutionDelay = other.resolutionDelay;
      attemptDelay = other.attemptDelay;
      resolutionTimeout = other.resolutionTimeout;
      scheduler = other.scheduler;
      listener = other.listener;
      monitors = other.monitors;
      observability = other.observability;
    }
  }

  private final Config config;

  private DialSpec(Config config) {
    this.config = config;
  }

  private DialSpec with(Consumer<Config> change) {
    Config changed = new Config(config);
    change.accept(changed);
    return new DialSpec(changed);
  }

  /**
   * The defaults: a resolution delay of 50 ms, an attempt delay of 250 ms, a resolution timeout of
   * 5 s, timers on {@link Schedulers#parallel()}, no listener, no meters and no traces.
   *
   * @param name the peer's name in messages and events
   * @return the spec
   */
  public static DialSpec of(String name) {
    return new DialSpec(new Config(Objects.requireNonNull(name, "name")));
  }

  /**
   * Sets the peer's name in messages and events.
   *
   * @param label the name
   * @return a copy
   */
  public DialSpec name(String label) {
    Objects.requireNonNull(label, "label");
    return with(c -> c.name = label);
  }

  /**
   * Sets how long an IPv4 answer waits for the IPv6 one (RFC 8305 section 3).
   *
   * @param delay zero or above; the default is 50 ms
   * @return a copy
   */
  public DialSpec resolutionDelay(Duration delay) {
    Duration checked = Arguments.notNegative("the resolution delay", delay);
    return with(c -> c.resolutionDelay = checked);
  }

  /**
   * Sets how long an attempt is alone before the next one starts (RFC 8305 section 5).
   *
   * @param delay from 100 ms to 2 s; the default is 250 ms
   * @return a copy
   */
  public DialSpec attemptDelay(Duration delay) {
    Objects.requireNonNull(delay, "the attempt delay");
    if (delay.compareTo(MIN_ATTEMPT_DELAY) < 0 || delay.compareTo(MAX_ATTEMPT_DELAY) > 0) {
      throw new IllegalArgumentException(
          "the attempt delay is 100 ms to 2 s (RFC 8305), not " + delay);
    }
    return with(c -> c.attemptDelay = delay);
  }

  /**
   * Sets how long sources of addresses may take.
   *
   * @param timeout above zero; the default is 5 s
   * @return a copy
   */
  public DialSpec resolutionTimeout(Duration timeout) {
    Duration checked = Arguments.positive("the resolution timeout", timeout);
    return with(c -> c.resolutionTimeout = checked);
  }

  /**
   * Sets what runs the timers.
   *
   * @param timers the default is {@link Schedulers#parallel()}
   * @return a copy
   */
  public DialSpec scheduler(Scheduler timers) {
    Objects.requireNonNull(timers, "timers");
    return with(c -> c.scheduler = timers);
  }

  /**
   * Adds a listener for events; it is called after the listeners that were added earlier. @param
   * more is called with one event at a time, on the thread where it happened; must not block.
   * Whatever it throws is logged and has no other effect
   *
   * @return a copy
   */
  public DialSpec doOnEvent(Consumer<? super DialEvent> more) {
    Objects.requireNonNull(more, "more");
    Consumer<? super DialEvent> before = config.listener;
    return with(
        c ->
            c.listener =
                event -> {
                  tell(before, event);
                  tell(more, event);
                });
  }

  /**
   * Adds a listener for each connection publisher, which is told what happens to that one alone, up
   * to {@link DialEvent.Stopped}: links, members of groups and channels have one each. {@link
   * #doOnEvent} tells of all of them, and of dials that are made once.
   *
   * @param monitors gives a listener, such as a {@link ConnectionHealthMonitor}, whenever a
   *     publisher is subscribed to; the listener is told as those of {@link #doOnEvent} are, after
   *     them. What it throws is logged, and that publisher does without
   * @return a copy
   */
  public DialSpec monitorEach(Supplier<? extends Consumer<? super DialEvent>> monitors) {
    Objects.requireNonNull(monitors, "monitors");
    return with(c -> c.monitors = Stream.concat(c.monitors.stream(), Stream.of(monitors)).toList());
  }

  /**
   * Sets where meters and traces go.
   *
   * @param where the default is {@link Observability#none()}
   * @return a copy
   */
  public DialSpec observability(Observability where) {
    Objects.requireNonNull(where, "where");
    return with(c -> c.observability = where);
  }

  /**
   * The peer's name.
   *
   * @return the name in messages and events
   */
  public String name() {
    return config.name;
  }

  /**
   * How long an IPv4 answer waits for the IPv6 one.
   *
   * @return the resolution delay
   */
  public Duration resolutionDelay() {
    return config.resolutionDelay;
  }

  /**
   * How long an attempt is alone before the next one starts.
   *
   * @return the attempt delay
   */
  public Duration attemptDelay() {
    return config.attemptDelay;
  }

  /**
   * How long sources of addresses may take.
   *
   * @return the resolution timeout
   */
  public Duration resolutionTimeout() {
    return config.resolutionTimeout;
  }

  /**
   * What runs the timers.
   *
   * @return the scheduler
   */
  public Scheduler scheduler() {
    return config.scheduler;
  }

  /**
   * Where meters and traces go.
   *
   * @return {@link Observability#none()} unless set
   */
  public Observability observability() {
    return config.observability;
  }

  /** The spec of one connection publisher, with its own listeners. */
  DialSpec ofOnePublisher() {
    DialSpec own = this;
    for (Supplier<? extends Consumer<? super DialEvent>> monitors : config.monitors) {
      try {
        own = own.doOnEvent(monitors.get());
      } catch (Throwable t) {
        Callbacks.report("a monitor of dials", t);
      }
    }
    return own;
  }

  /** A listener that throws must stop neither the dial nor another listener. */
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
    tell(config.listener, event);
  }

  private static void tell(Consumer<? super DialEvent> listener, DialEvent event) {
    Callbacks.run("a listener of dials", () -> listener.accept(event));
  }

  @Override
  public String toString() {
    return "DialSpec[%s, resolution delay %s, attempt delay %s, resolution timeout %s]"
        .formatted(
            config.name, config.resolutionDelay, config.attemptDelay, config.resolutionTimeout);
  }
}
