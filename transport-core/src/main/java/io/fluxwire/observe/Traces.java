package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.fluxwire.observe.FluxwireObservations.Attribute;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

/** What all observations have in common. */
final class Traces {

  /** Micrometer's ObservationThreadLocalAccessor.KEY, whose class needs another library. */
  static final String CONTEXT_KEY = "micrometer.observation";

  private Traces() {}

  static @Nullable Observation parent(ContextView context) {
    return context.getOrDefault(CONTEXT_KEY, null) instanceof Observation parent ? parent : null;
  }

  /** Without a parent it takes the one whose scope is open on this thread. */
  static Observation create(
      FluxwireObservations what, ObservationRegistry registry, @Nullable Observation parent) {
    Observation made =
        Observation.createNotStarted(what.getName(), registry)
            .contextualName(what.getContextualName());
    return parent == null ? made : made.parentObservation(parent);
  }

  static Observation reason(Observation observation, Reason reason) {
    return observation.highCardinalityKeyValue(Attribute.REASON.withValue(Values.of(reason)));
  }
}
