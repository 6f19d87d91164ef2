package io.fluxwire.observe;

import io.fluxwire.internal.Callbacks;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.ObservationRegistry;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

/** What all observations have in common. */
final class Traces {

  /** Micrometer's ObservationThreadLocalAccessor.KEY, whose class needs another library. */
  static final String CONTEXT_KEY = "micrometer.observation";

  private static final String HANDLER = "an observation handler";

  private Traces() {}

  /** Calls a registry, its handlers and its conventions, which are the application's. */
  static void run(Runnable observing) {
    Callbacks.run(HANDLER, observing);
  }

  static @Nullable Observation parent(ContextView context) {
    return context.getOrDefault(CONTEXT_KEY, null) instanceof Observation parent ? parent : null;
  }

  /**
   * Starts what a supplier makes. A handler that throws at the start is told of the end all the
   * same, for the sake of those before it.
   */
  static Observation start(Supplier<Observation> making) {
    Observation made;
    try {
      made = making.get();
    } catch (Throwable thrown) {
      Callbacks.report(HANDLER, thrown);
      return Observation.NOOP;
    }
    run(made::start);
    return made;
  }

  /** Without a parent it takes the one whose scope is open on this thread. */
  static <C extends Observation.Context> Observation create(
      ObservationConvention<C> convention,
      C context,
      ObservationRegistry registry,
      @Nullable Observation parent) {
    Observation made = Observation.createNotStarted(null, convention, () -> context, registry);
    return parent == null ? made : made.parentObservation(parent);
  }

  /** Ends one that went well, or whose context says why it did not. */
  static void stop(Observation observation) {
    run(observation::stop);
  }

  /** Ends one by an error. */
  static void fail(Observation observation, Throwable error) {
    run(() -> observation.error(error));
    stop(observation);
  }
}
