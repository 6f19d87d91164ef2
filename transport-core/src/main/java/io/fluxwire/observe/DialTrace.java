package io.fluxwire.observe;

import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.observe.FluxwireObservations.Attribute;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.net.SocketAddress;
import reactor.util.context.Context;

/** One round of dialing as an observation. */
final class DialTrace {

  private final Observation round;

  DialTrace(ObservationRegistry registry, String name, Context context) {
    round =
        Traces.start(
            () ->
                Traces.create(FluxwireObservations.DIAL, registry, Traces.parent(context))
                    .highCardinalityKeyValue(Attribute.NAME.withValue(name)));
  }

  Context within(Context context) {
    return context.put(Traces.CONTEXT_KEY, round);
  }

  void step(DialStep step, Object what) {
    Traces.run(() -> round.event(FluxwireObservations.DIAL.event(step, what.toString())));
  }

  void won(SocketAddress address, NodeId peer) {
    Traces.run(
        () ->
            round
                .highCardinalityKeyValue(Attribute.ADDRESS.withValue(address.toString()))
                .highCardinalityKeyValue(Attribute.PEER_ID.withValue(peer.toString())));
    Traces.run(round::stop);
  }

  void failed(PeerException failure) {
    Traces.run(() -> Traces.reason(round, failure.reason()).error(failure));
    Traces.run(round::stop);
  }

  void cancelled() {
    Traces.run(() -> Traces.reason(round, Reason.CLOSED_LOCALLY));
    Traces.run(round::stop);
  }
}
