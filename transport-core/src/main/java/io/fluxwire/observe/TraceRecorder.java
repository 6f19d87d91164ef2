package io.fluxwire.observe;

import io.fluxwire.observe.dial.RoundObserver;
import io.micrometer.observation.ObservationRegistry;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** A registry of observations. */
final class TraceRecorder implements Recorder {

  private final ObservationRegistry registry;

  TraceRecorder(ObservationRegistry registry) {
    this.registry = registry;
  }

  @Override
  public SessionListener session(SessionInfo session, ContextView context) {
    return new TraceListener(registry, session, context);
  }

  @Override
  public RoundObserver round(String name, Context context) {
    return new TraceRound(registry, name, context);
  }
}
