package io.fluxwire.observe;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.observe.FluxwireObservations.Attribute;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import java.net.SocketAddress;

/** How a round of dialing is observed unless the registry has a convention for it. */
final class DialConvention implements ObservationConvention<DialObservationContext> {

  @Override
  public boolean supportsContext(Observation.Context context) {
    return context instanceof DialObservationContext;
  }

  @Override
  public String getName() {
    return FluxwireObservations.DIAL.getName();
  }

  @Override
  public String getContextualName(DialObservationContext context) {
    return FluxwireObservations.DIAL.getContextualName();
  }

  @Override
  public KeyValues getHighCardinalityKeyValues(DialObservationContext context) {
    KeyValues known = KeyValues.of(Attribute.NAME.withValue(context.dialled()));
    SocketAddress address = context.address();
    if (address != null) {
      known = known.and(Attribute.ADDRESS.withValue(address.toString()));
    }
    NodeId peer = context.peer();
    if (peer != null) {
      known = known.and(Attribute.PEER_ID.withValue(peer.toString()));
    }
    Reason reason = context.reason();
    return reason == null ? known : known.and(Attribute.REASON.withValue(Values.of(reason)));
  }
}
