package io.fluxwire.node;

import io.fluxwire.dial.DialEvent;
import io.fluxwire.internal.AddressText;
import io.fluxwire.observe.FluxwireObservations;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import java.util.function.Consumer;

/**
 * What a dial waits for. Whoever sets a limit to all of it can say so: the stages' own errors come
 * only when their own limits are over.
 */
final class DialProgress implements Consumer<DialEvent>, ObservationHandler<Observation.Context> {

  private static final String AUTHENTICATE = ".authenticate";

  private volatile String awaited = "the name to resolve";

  @Override
  public void accept(DialEvent event) {
    if (event instanceof DialEvent.AttemptStarted attempt) {
      awaited = "TCP to connect to " + AddressText.of(attempt.address());
    }
  }

  @Override
  public boolean supportsContext(Observation.Context context) {
    return FluxwireObservations.HANDSHAKE.getName().equals(context.getName());
  }

  @Override
  public void onStart(Observation.Context context) {
    awaited = "the peer's session key";
  }

  @Override
  public void onEvent(Observation.Event event, Observation.Context context) {
    if (event.getName().endsWith(AUTHENTICATE)) {
      awaited = "the peer's authenticate";
    }
  }

  /** The peer is there, and has to say something now. */
  void awaits(String what) {
    awaited = what;
  }

  @Override
  public String toString() {
    return awaited;
  }
}
