package io.fluxwire.fleet.nats;

import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.internal.EngineFailures;
import io.nats.client.AuthenticationException;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * Translates errors of jnats to those of an engine. Those of connecting are no causes, since they
 * repeat the address, in which there may be a password.
 */
final class Failures {

  private Failures() {}

  static FleetEngineException of(String server, Throwable failure) {
    if (failure instanceof CompletionException && failure.getCause() != null) {
      return of(server, failure.getCause());
    }
    if (failure instanceof FleetEngineException known) {
      return known;
    }
    if (failure instanceof AuthenticationException) {
      return new FleetEngineException(
          Kind.REFUSED,
          "%s refuses the user, the password, the token or the key: put those that it was set up with into the Options"
              .formatted(server),
          null);
    }
    return isOfConnection(failure)
        ? EngineFailures.unreachable(server, failure instanceof IOException ? null : failure)
        : EngineFailures.failed(server, failure);
  }

  private static boolean isOfConnection(Throwable failure) {
    // jnats' way to say that the connection is closed.
    return failure instanceof IllegalStateException
        || failure instanceof IOException
        || failure instanceof TimeoutException
        || failure instanceof RejectedExecutionException
        || failure instanceof CancellationException;
  }

  static boolean isNotPermitted(String error) {
    return error.toLowerCase(Locale.ROOT).contains("permissions violation");
  }

  static FleetEngineException notPermitted(String server, String error) {
    return new FleetEngineException(
        Kind.REFUSED,
        "%s does not permit its user what a fleet needs, to publish and to subscribe below the fleet's name: %s"
            .formatted(server, error),
        null);
  }
}
