package io.fluxwire.observe;

import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.observe.dial.DialStep;
import io.fluxwire.observe.dial.RoundObserver;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.net.SocketAddress;
import reactor.util.context.Context;

/** One round of dialing as an observation. */
final class TraceRound implements RoundObserver {

  private static final DialConvention CONVENTION = new DialConvention();

  private final DialObservationContext known;
  private final Observation round;

  TraceRound(ObservationRegistry registry, String name, Context context) {
    known = new DialObservationContext(name);
    round = Traces.start(() -> Traces.create(CONVENTION, known, registry, Traces.parent(context)));
  }

  @Override
  public Context within(Context context) {
    return context.put(Traces.CONTEXT_KEY, round);
  }

  @Override
  public void onStep(DialStep step, Object event) {
    Traces.run(() -> round.event(FluxwireObservations.DIAL.event(step, event.toString())));
  }

  @Override
  public void onWon(SocketAddress address, NodeId peer) {
    known.won(address, peer);
    Traces.stop(round);
  }

  @Override
  public void onFailed(PeerException failure) {
    known.reason(failure.reason());
    Traces.fail(round, failure);
  }

  @Override
  public void onCancelled() {
    known.reason(Reason.CLOSED_LOCALLY);
    Traces.stop(round);
  }
}
