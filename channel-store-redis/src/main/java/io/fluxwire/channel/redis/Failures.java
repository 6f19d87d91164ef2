package io.fluxwire.channel.redis;

import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisLoadingException;
import io.lettuce.core.RedisReadOnlyException;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Translates errors of Redis, Lettuce and the scripts to those of a store. */
final class Failures {

  private Failures() {}

  /** Whether the same command may succeed soon, over this connection or another one. */
  static boolean isTransient(Throwable failure) {
    if (failure instanceof ChannelStoreException) {
      return false;
    }
    RedisCommandExecutionException refused = refusal(failure);
    if (refused != null) {
      return isNotNow(refused) || refused instanceof RedisReadOnlyException;
    }
    return isOfConnection(failure);
  }

  /** Whether the connection is unusable, or leads to a server that is no longer the right one. */
  static boolean isOfConnection(Throwable failure) {
    return failure instanceof RedisReadOnlyException
        || (refusal(failure) == null
            && (failure instanceof RedisException
                || failure instanceof IOException
                || failure instanceof TimeoutException
                || failure instanceof CancellationException));
  }

  private static boolean isNotNow(RedisCommandExecutionException refused) {
    return refused instanceof RedisLoadingException
        || refused instanceof RedisBusyException
        || starts(refused, "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN");
  }

  /** The error that the server itself answered, to a command or when the connection was set up. */
  private static @Nullable RedisCommandExecutionException refusal(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof RedisCommandExecutionException refused) {
        return refused;
      }
    }
    return null;
  }

  private static boolean starts(Throwable failure, String... words) {
    String message = String.valueOf(failure.getMessage());
    return Stream.of(words).anyMatch(message::startsWith);
  }

  /** The failure of a command that got no answer from its script. */
  static ChannelStoreException of(ChannelKeys keys, Throwable failure) {
    if (failure instanceof ChannelStoreException known) {
      return known;
    }
    RedisCommandExecutionException refused = refusal(failure);
    if (refused != null && starts(refused, "OOM", "MISCONF")) {
      return new ChannelStoreException(
          Kind.FULL,
          "Redis has no room for %s: nothing was stored. Give it memory or disk; the cause says which"
              .formatted(keys.state()),
          failure);
    }
    if (refused != null && starts(refused, "WRONGTYPE")) {
      return foreign(keys, "a value of another type", failure);
    }
    return new ChannelStoreException(
        Kind.FAILED,
        "Redis could not read or write %s, see the cause".formatted(keys.state()),
        failure);
  }

  /** The failure for an answer that is not OK. */
  static ChannelStoreException of(ChannelKeys keys, Answer answer) {
    return switch (answer.word()) {
      case "HELD" -> held(answer.text(1), answer.number(2));
      case "TAKEN" -> taken(answer.text(1));
      case "CLOSED" -> closed();
      case "ANEW" ->
          new ChannelStoreException(
              Kind.IN_USE, "the channel was deleted and made anew meanwhile; open it again", null);
      case "FOREIGN" -> foreign(keys, answer.text(1), null);
      case "CORRUPT" -> corrupt(keys, answer.text(1));
      case "GONE" ->
          corrupt(keys, "it existed when the channel was opened, and was deleted or lost since");
      case "LOST" -> corrupt(keys, "Redis has lost changes that it had reported as stored");
      case "RESTARTED" ->
          corrupt(
              keys,
              "this is not the Redis that was last written to, or it was restarted, and its "
                  + "settings did not keep what it had reported as stored, so changes may be lost");
      case "STALE" ->
          new ChannelStoreException(
              Kind.FAILED,
              "a write to %s came out of turn, and was not applied; open the channel again"
                  .formatted(keys.state()),
              null);
      default ->
          new ChannelStoreException(
              Kind.FAILED, "Redis answered %s for %s".formatted(answer.word(), keys.state()), null);
    };
  }

  private static ChannelStoreException held(String holder, long millis) {
    return new ChannelStoreException(
        Kind.IN_USE,
        "the channel is open in %s, whose lease ends in %d ms unless it is renewed; close it there, or wait for that"
            .formatted(holder, millis),
        null);
  }

  private static ChannelStoreException taken(String holder) {
    return new ChannelStoreException(
        Kind.IN_USE,
        "the channel was taken over %s; this instance can neither send nor acknowledge"
            .formatted(holder.isEmpty() ? "meanwhile" : "by " + holder),
        null);
  }

  static ChannelStoreException expired(@Nullable Throwable cause) {
    return new ChannelStoreException(
        Kind.IN_USE,
        "the lease of the channel was not renewed in time, so another instance may have it; open it again",
        cause);
  }

  static ChannelStoreException closed() {
    return new ChannelStoreException(Kind.FAILED, "the channel was closed; open it again", null);
  }

  static ChannelStoreException corrupt(ChannelKeys keys, String what) {
    return new ChannelStoreException(
        Kind.CORRUPT,
        "%s is damaged: %s. Nothing was repaired. To begin anew without the packets that it kept, delete it on both sides, here by: DEL %s %s"
            .formatted(keys.state(), what, keys.state(), keys.packets()),
        null);
  }

  private static ChannelStoreException foreign(
      ChannelKeys keys, String what, @Nullable Throwable cause) {
    return new ChannelStoreException(
        Kind.FOREIGN,
        "%s is not this channel's: %s. Give the store a prefix of its own"
            .formatted(keys.state(), what),
        cause);
  }
}
