package io.fluxwire.fleet.nats;

import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.internal.EngineFailures;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Consumer;
import io.nats.client.ErrorListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What jnats tells of a connection, as far as it ends the session. */
final class SessionEvents implements ConnectionListener, ErrorListener {

  private static final Logger LOG = LoggerFactory.getLogger(SessionEvents.class);

  private final String server;
  private final java.util.function.Consumer<Throwable> end;

  SessionEvents(String server, java.util.function.Consumer<Throwable> end) {
    this.server = server;
    this.end = end;
  }

  // The method that is to take its place is not abstract yet.
  @Override
  @SuppressWarnings("deprecation")
  public void connectionEvent(Connection connection, Events event) {
    if (event == Events.DISCONNECTED || event == Events.CLOSED) {
      end.accept(EngineFailures.unreachable(server, null));
    }
  }

  @Override
  public void errorOccurred(Connection connection, String error) {
    LOG.debug("{}: {}", server, error);
    if (Failures.isNotPermitted(error)) {
      end.accept(Failures.notPermitted(server, error));
    }
  }

  @Override
  public void exceptionOccurred(Connection connection, Exception failure) {
    LOG.debug("{}", server, failure);
  }

  /** Messages were dropped, so what the listener knows may be wrong. */
  @Override
  public void slowConsumerDetected(Connection connection, Consumer consumer) {
    end.accept(
        new FleetEngineException(
            Kind.UNREACHABLE,
            "%s sends more than this instance reads; it joins again by itself".formatted(server),
            null));
  }
}
