package io.fluxwire.observe;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.observe.FluxwireObservations.Attribute;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** One connection's life in observations: its handshake, and then its session. */
final class SessionTrace {

  private final ObservationRegistry registry;
  private final @Nullable Observation parent;
  private final Direction direction;
  private final String id;
  private final SocketAddress address;
  private final Observation handshake;
  private volatile @Nullable Observation session;

  SessionTrace(
      ObservationRegistry registry,
      Direction direction,
      String id,
      SocketAddress address,
      ContextView context) {
    this.registry = registry;
    this.parent = Traces.parent(context);
    this.direction = direction;
    this.id = id;
    this.address = address;
    this.handshake = start(FluxwireObservations.HANDSHAKE);
  }

  private Observation start(FluxwireObservations what) {
    return Traces.start(
        () ->
            Traces.create(what, registry, parent)
                .lowCardinalityKeyValue(Attribute.DIRECTION.withValue(Values.of(direction)))
                .highCardinalityKeyValue(Attribute.CONNECTION_ID.withValue(id))
                .highCardinalityKeyValue(Attribute.ADDRESS.withValue(address.toString())));
  }

  void begin(HandshakeStage stage) {
    Traces.run(
        () -> handshake.event(FluxwireObservations.HANDSHAKE.event(stage, Values.of(stage))));
  }

  void up(NodeId peer) {
    withPeer(handshake, peer);
    Traces.run(handshake::stop);
    Observation running = start(FluxwireObservations.SESSION);
    withPeer(running, peer);
    session = running;
  }

  private static void withPeer(Observation observation, NodeId peer) {
    Traces.run(
        () -> observation.highCardinalityKeyValue(Attribute.PEER_ID.withValue(peer.toString())));
  }

  /** The context of what belongs to the session, once it is up. */
  Context within(Context context) {
    Observation running = session;
    return running == null ? context : context.put(Traces.CONTEXT_KEY, running);
  }

  void failed(PeerException failure) {
    Traces.run(() -> Traces.reason(handshake, failure.reason()).error(failure));
    Traces.run(handshake::stop);
  }

  void cancelled() {
    Traces.run(() -> Traces.reason(handshake, Reason.CLOSED_LOCALLY));
    Traces.run(handshake::stop);
  }

  void down(CloseReason why) {
    Observation running = session;
    if (running == null) {
      return;
    }
    PeerException cause = why.cause();
    if (cause != null) {
      Traces.run(() -> running.error(cause));
    }
    Traces.run(() -> Traces.reason(running, why.reason()));
    Traces.run(running::stop);
  }
}
