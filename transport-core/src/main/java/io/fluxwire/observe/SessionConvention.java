package io.fluxwire.observe;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.observe.FluxwireObservations.Attribute;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/** How a handshake or a session is observed unless the registry has a convention for it. */
final class SessionConvention implements ObservationConvention<SessionObservationContext> {

  private final FluxwireObservations observation;

  SessionConvention(FluxwireObservations observation) {
    this.observation = observation;
  }

  @Override
  public boolean supportsContext(Observation.Context context) {
    return context instanceof SessionObservationContext;
  }

  @Override
  public String getName() {
    return observation.getName();
  }

  @Override
  public String getContextualName(SessionObservationContext context) {
    return observation.getContextualName();
  }

  @Override
  public KeyValues getLowCardinalityKeyValues(SessionObservationContext context) {
    SessionInfo session = context.session();
    KeyValues known = KeyValues.of(Attribute.DIRECTION.withValue(Values.of(session.direction())));
    return observation == FluxwireObservations.SESSION
        ? known.and(negotiated(Values.negotiated(session)))
        : known;
  }

  private static KeyValues negotiated(SessionParameters session) {
    return KeyValues.of(
        Attribute.PROTOCOL.withValue(Values.of(session.protocol())),
        Attribute.AEAD.withValue(Values.of(session.aead())),
        Attribute.POST_QUANTUM.withValue(Boolean.toString(session.isPostQuantum())));
  }

  @Override
  public KeyValues getHighCardinalityKeyValues(SessionObservationContext context) {
    SessionInfo session = context.session();
    KeyValues known =
        KeyValues.of(
            Attribute.CONNECTION_ID.withValue(session.id()),
            Attribute.ADDRESS.withValue(session.remoteAddress().toString()));
    NodeId peer = session.remoteId();
    if (peer != null) {
      known = known.and(Attribute.PEER_ID.withValue(peer.toString()));
    }
    Reason reason = context.reason();
    return reason == null ? known : known.and(Attribute.REASON.withValue(Values.of(reason)));
  }
}
