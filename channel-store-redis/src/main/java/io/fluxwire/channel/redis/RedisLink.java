package io.fluxwire.channel.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * The connection of a store, made when it is needed and made again when it breaks. Lettuce's
 * automatic reconnecting is off: it would replay commands one by one, but waiting for the sync of a
 * change works only on the connection of that change.
 */
final class RedisLink {

  private static final Duration BETWEEN_TRIES = Duration.ofMillis(100);

  private static final ProtocolKeyword WAIT_FOR_SYNC =
      new ProtocolKeyword() {
        @Override
        public byte[] getBytes() {
          return toString().getBytes(UTF_8);
        }

        @Override
        public String toString() {
          return "WAITAOF";
        }
      };

  private final RedisClient client;
  private final RedisURI uri;
  private final Scheduler timers;

  /** After this time an attempt is given up together with its connection, which may be dead. */
  private final Duration tryLimit;

  private volatile boolean closed;

  // Guarded by this.
  private @Nullable CompletableFuture<StatefulRedisConnection<byte[], byte[]>> current;

  RedisLink(RedisClient client, RedisURI uri, Duration tryLimit, Scheduler timers) {
    this.client = client;
    this.uri = uri;
    this.tryLimit = tryLimit;
    this.timers = timers;
  }

  /**
   * Runs commands that may be run more than once, and retries them while their failures are
   * transient.
   *
   * @param patience the total time
   */
  <T> Mono<T> call(
      Duration patience, Function<RedisReactiveCommands<byte[], byte[]>, Mono<T>> work) {
    return Mono.defer(
        () -> {
          AtomicReference<@Nullable Throwable> last = new AtomicReference<>();
          return Mono.defer(() -> attempt(work))
              .retryWhen(
                  Retry.fixedDelay(Long.MAX_VALUE, BETWEEN_TRIES)
                      .scheduler(timers)
                      .filter(Failures::isTransient)
                      .doBeforeRetry(failed -> last.set(failed.failure())))
              .timeout(patience, timers)
              .onErrorMap(TimeoutException.class, timeout -> outOfPatience(last.get(), timeout));
        });
  }

  private static Throwable outOfPatience(@Nullable Throwable last, Throwable timeout) {
    return last == null ? timeout : last;
  }

  private <T> Mono<T> attempt(Function<RedisReactiveCommands<byte[], byte[]>, Mono<T>> work) {
    if (closed) {
      return Mono.error(new IllegalStateException("the store was disposed of"));
    }
    // A caller that cancels neither closes a connection that others use nor leaves one open.
    return Mono.fromFuture(connection(), true)
        .flatMap(
            connection ->
                work.apply(connection.reactive())
                    .timeout(tryLimit, timers)
                    .doOnError(Failures::isOfConnection, failure -> close(connection)));
  }

  private static void close(StatefulRedisConnection<byte[], byte[]> connection) {
    Mono.fromFuture(connection::closeAsync)
        // Closing waits for whoever writes, who may be the one that has found the connection lost.
        .subscribeOn(Schedulers.boundedElastic())
        .onErrorComplete()
        .subscribe();
  }

  private synchronized CompletableFuture<StatefulRedisConnection<byte[], byte[]>> connection() {
    if (current == null || isOver(current)) {
      current = client.connectAsync(ByteArrayCodec.INSTANCE, uri).toCompletableFuture();
    }
    return current;
  }

  private static boolean isOver(CompletableFuture<StatefulRedisConnection<byte[], byte[]>> one) {
    return one.isDone() && (one.isCompletedExceptionally() || !one.join().isOpen());
  }

  /** Runs a script, and loads it first if Redis does not know it, as after a restart. */
  static Mono<Answer> run(
      RedisReactiveCommands<byte[], byte[]> redis, Script script, byte[][] keys, byte[][] args) {
    return redis
        .<List<?>>evalsha(script.digest(), ScriptOutputType.MULTI, keys, args)
        .onErrorResume(
            RedisNoScriptException.class,
            unknown -> redis.eval(script.source(), ScriptOutputType.MULTI, keys, args))
        .next()
        .map(Answer::of);
  }

  /** Waits until the changes of this connection are on Redis' own disk. */
  Mono<Void> sync(RedisReactiveCommands<byte[], byte[]> redis) {
    CommandArgs<byte[], byte[]> args =
        new CommandArgs<>(ByteArrayCodec.INSTANCE).add(1).add(0).add(tryLimit.toMillis());
    return redis
        .<List<Object>>dispatch(
            WAIT_FOR_SYNC, new NestedMultiOutput<>(ByteArrayCodec.INSTANCE), args)
        .next()
        .flatMap(
            synced ->
                Long.valueOf(1).equals(synced.get(0))
                    ? Mono.empty()
                    : Mono.error(new TimeoutException("Redis has not synced its file in time")));
  }

  /** Reads the settings of Redis that decide on its durability. */
  static Mono<Durability> durability(RedisReactiveCommands<byte[], byte[]> redis) {
    Mono<Map<String, String>> config =
        redis
            .configGet("*append*")
            .onErrorResume(
                RedisCommandExecutionException.class, notPermitted -> Mono.just(Map.of()))
            .defaultIfEmpty(Map.of());
    return Mono.zip(redis.info(), config).map(both -> Durability.of(both.getT1(), both.getT2()));
  }

  Mono<Void> close() {
    return Mono.fromCompletionStage(
        () -> {
          closed = true;
          return client.shutdownAsync();
        });
  }
}
