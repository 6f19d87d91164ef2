package io.fluxwire.observe;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** One connection's life in observations: its handshake, and then its session. */
final class TraceListener implements SessionListener {

  private final ObservationRegistry registry;
  private final @Nullable Observation parent;
  private volatile Running running;

  /** What is observed now, and what is known of it. */
  private record Running(Observation observation, SessionObservationContext context) {}

  TraceListener(ObservationRegistry registry, SessionInfo session, ContextView context) {
    this.registry = registry;
    this.parent = Traces.parent(context);
    this.running =
        new Running(
            Observation.NOOP,
            new SessionObservationContext(FluxwireObservations.HANDSHAKE, session));
  }

  private void start(FluxwireObservations what, SessionInfo session) {
    SessionObservationContext context = new SessionObservationContext(what, session);
    running =
        new Running(
            Traces.start(
                () -> Traces.create(new SessionConvention(what), context, registry, parent)),
            context);
  }

  @Override
  public void onHandshakeStarted(SessionInfo session) {
    start(FluxwireObservations.HANDSHAKE, session);
  }

  @Override
  public void onHandshakeStage(SessionInfo session, HandshakeStage stage) {
    Observation handshake = running.observation();
    Traces.run(
        () -> handshake.event(FluxwireObservations.HANDSHAKE.event(stage, Values.of(stage))));
  }

  @Override
  public void onEstablished(SessionInfo session) {
    Traces.stop(running.observation());
    start(FluxwireObservations.SESSION, session);
  }

  @Override
  public Context handlerContext(SessionInfo session, Context context) {
    return context.put(Traces.CONTEXT_KEY, running.observation());
  }

  @Override
  public void onHandshakeFailed(SessionInfo session, PeerException failure) {
    ended(failure.reason(), failure);
  }

  @Override
  public void onHandshakeCancelled(SessionInfo session) {
    ended(Reason.CLOSED_LOCALLY, null);
  }

  @Override
  public void onClosed(SessionInfo session, CloseReason why) {
    ended(why.reason(), why.cause());
  }

  private void ended(Reason reason, @Nullable PeerException error) {
    Running last = running;
    last.context().reason(reason);
    if (error == null) {
      Traces.stop(last.observation());
    } else {
      Traces.fail(last.observation(), error);
    }
  }
}
