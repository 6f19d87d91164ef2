package io.fluxwire.fleet.redis;

import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.internal.EngineFailures;
import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisLoadingException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisReadOnlyException;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Translates errors of Redis and Lettuce to those of an engine. */
final class Failures {

  private Failures() {}

  static FleetEngineException of(String server, Throwable failure) {
    if (failure instanceof CompletionException && failure.getCause() != null) {
      return of(server, failure.getCause());
    }
    if (failure instanceof FleetEngineException known) {
      return known;
    }
    RedisCommandExecutionException answered = answer(failure);
    if (answered != null) {
      return ofAnswer(server, answered, failure);
    }
    return isOfConnection(failure)
        ? EngineFailures.unreachable(server, failure)
        : EngineFailures.failed(server, failure);
  }

  private static FleetEngineException ofAnswer(
      String server, RedisCommandExecutionException answered, Throwable failure) {
    if (starts(answered, "NOAUTH", "WRONGPASS", "ERR invalid password", "ERR AUTH")) {
      return new FleetEngineException(
          Kind.REFUSED,
          "%s refuses the password or the user: put those that it was set up with into the RedisURI"
              .formatted(server),
          failure);
    }
    if (isNotPermitted(answered)) {
      return new FleetEngineException(
          Kind.REFUSED,
          "%s does not permit its user what a fleet needs: give it the rights that the manual lists; the cause says which is missing"
              .formatted(server),
          failure);
    }
    return isNotNow(answered)
        ? EngineFailures.unreachable(server, failure)
        : EngineFailures.failed(server, failure);
  }

  /** Of a command within a script each version of Redis says it in its own way. */
  private static boolean isNotPermitted(RedisCommandExecutionException answered) {
    String message = String.valueOf(answered.getMessage());
    return message.contains("ACL failure in script")
        || message.contains("NOPERM")
        || message.contains("user executing the script can't");
  }

  private static boolean isNotNow(RedisCommandExecutionException answered) {
    return answered instanceof RedisLoadingException
        || answered instanceof RedisBusyException
        || answered instanceof RedisNoScriptException
        || answered instanceof RedisReadOnlyException
        || starts(answered, "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "UNKILLABLE");
  }

  private static boolean isOfConnection(Throwable failure) {
    return failure instanceof RedisException
        || failure instanceof IOException
        || failure instanceof TimeoutException
        || failure instanceof CancellationException;
  }

  /** The error that the server itself answered, to a command or when the connection was set up. */
  private static @Nullable RedisCommandExecutionException answer(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof RedisCommandExecutionException answered) {
        return answered;
      }
    }
    return null;
  }

  private static boolean starts(Throwable failure, String... words) {
    String message = String.valueOf(failure.getMessage());
    return Stream.of(words).anyMatch(message::startsWith);
  }
}
