package io.fluxwire.fleet.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.internal.EngineFailures;
import io.fluxwire.fleet.internal.EngineSession;
import io.fluxwire.fleet.internal.EngineText;
import io.fluxwire.fleet.internal.Futures;
import io.fluxwire.fleet.internal.GuardedListener;
import io.fluxwire.fleet.internal.Notice;
import io.fluxwire.fleet.internal.TolerantReader;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanStream;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * Two connections to Redis, one for commands and one that subscribes. The session ends when one of
 * them is lost or an answer is missing. Lettuce's automatic reconnecting is off: a connection that
 * comes back by itself does not say what it missed, and would send again rows that are not held any
 * more.
 */
final class RedisSession implements EngineSession {

  /** How many rows or rules one script takes, so that none blocks Redis for long. */
  private static final int BATCH = 500;

  /** How many bytes of messages may wait for Redis. */
  private static final long MAX_WAITING = 16L << 20;

  /**
   * The latest end of a rule in Redis. Its milliseconds still fit into a score, which is a double.
   */
  private static final Instant NEVER = Instant.parse("9999-12-31T00:00:00Z");

  private static final String WHOLE = "-";

  private static final String MEMBERS = "members";

  /** A heartbeat, which Redis publishes to all instances, this one included. */
  private static final String BEAT = "beat";

  /** The first heartbeat, after all that the instance has announced. */
  private static final String BEGUN = "begun";

  private final EngineConfig config;
  private final FleetKeys keys;
  private final InstanceId self;
  private final GuardedListener listener;

  /** The tokens of all sessions of one link begin with this. */
  private final String link;

  /**
   * Identifies this session in Redis: writes with the token of an earlier session have no effect.
   */
  private final String token;

  private final CompletableFuture<StatefulRedisConnection<byte[], byte[]>> commands;
  private final CompletableFuture<StatefulRedisPubSubConnection<byte[], byte[]>> ears;
  private final Sinks.Empty<Void> begun = Sinks.empty();
  private final Sinks.One<Throwable> ended = Sinks.one();
  private final Disposable.Swap beats = Disposables.swap();
  private final TolerantReader reader;

  /** How many heartbeats in a row have not come back through Redis. */
  private final AtomicInteger unheard = new AtomicInteger();

  private final AtomicLong waiting = new AtomicLong();

  /** Held while commands about rows are sent, so that they are sent in the order of the rows. */
  private final Object order = new Object();

  /**
   * The peers that were held or released since the announcement began. It has only an older row of
   * them, and skips them. Null once the announcement is over. Guarded by {@link #order}.
   */
  private @Nullable Set<NodeId> touched = new HashSet<>();

  RedisSession(
      EngineConfig config,
      InstanceId self,
      String link,
      long number,
      RedisClient client,
      GuardedListener listener) {
    this.config = config;
    this.keys = FleetKeys.of(config.fleet);
    this.self = self;
    this.link = link;
    this.token = link + number;
    this.listener = listener;
    this.reader = new TolerantReader(config.server());
    this.commands = client.connectAsync(ByteArrayCodec.INSTANCE, config.uri).toCompletableFuture();
    this.ears =
        client.connectPubSubAsync(ByteArrayCodec.INSTANCE, config.uri).toCompletableFuture();
  }

  @Override
  public Mono<Void> connect() {
    return Mono.when(Futures.await(commands), Futures.await(ears))
        .then(Mono.defer(this::listen))
        .then(Mono.defer(this::loadScripts))
        .timeout(config.heartbeat.answerLimit(), config.timers)
        .then(Mono.defer(() -> answer(send(Script.BEGIN, bytes(link)))))
        .flatMap(
            answer ->
                answer.word().equals(Answer.TAKEN)
                    ? Mono.error(EngineFailures.taken(self))
                    : Mono.<Void>empty());
  }

  private Mono<Void> listen() {
    watch(commands.join());
    watch(ears.join());
    ears.join()
        .addListener(
            new RedisPubSubAdapter<>() {
              @Override
              public void message(byte[] channel, byte[] message) {
                receive(message);
              }
            });
    return Mono.fromCompletionStage(
        () -> ears.join().async().subscribe(keys.changes(), keys.inbox(self)));
  }

  private void watch(StatefulConnection<?, ?> connection) {
    connection.addListener(
        new RedisConnectionStateListener() {
          @Override
          public void onRedisDisconnected(RedisChannelHandler<?, ?> lost) {
            end(EngineFailures.unreachable(config.server(), null));
          }
        });
    if (!connection.isOpen()) {
      end(EngineFailures.unreachable(config.server(), null));
    }
  }

  private Mono<Void> loadScripts() {
    return Flux.fromArray(Script.values())
        .concatMap(
            script ->
                Mono.fromCompletionStage(
                    () -> commands.join().async().scriptLoad(script.source().getBytes(UTF_8))))
        .then();
  }

  @Override
  public Mono<Void> announce() {
    return Flux.fromIterable(listener.own())
        .buffer(BATCH)
        .concatMap(this::holdAll)
        .thenMany(Flux.fromIterable(listener.ownRules()))
        .buffer(BATCH)
        .concatMap(this::setAll)
        .then(Mono.defer(this::sweep))
        .doOnSuccess(nothing -> announced())
        .then(Mono.defer(() -> write(send(Script.BEAT, bytes(BEGUN)))))
        .then(begun.asMono().timeout(config.heartbeat.answerLimit(), config.timers))
        .doOnSuccess(nothing -> beats.update(keepBeating()));
  }

  private void announced() {
    synchronized (order) {
      touched = null;
    }
  }

  private Disposable keepBeating() {
    return Flux.interval(config.heartbeat.interval(), config.timers)
        .onBackpressureDrop()
        .concatMap(tick -> beat(), 1)
        .subscribe(nothing -> {}, this::end);
  }

  private Mono<Answer> beat() {
    return unheard.incrementAndGet() > config.heartbeat.lossesAllowed()
        ? Mono.error(new TimeoutException("what Redis publishes does not arrive"))
        : write(send(Script.BEAT, bytes(BEAT)));
  }

  private void receive(byte[] published) {
    reader.read(
        () -> {
          Notice notice = Notice.of(published);
          switch (notice.word(0)) {
            case MEMBERS -> listener.members(notice.instances(1));
            case BEAT, BEGUN -> {
              listener.members(notice.instances(2));
              heardMyself(notice.word(0), notice.word(1));
            }
            default -> notice.tell(listener);
          }
          return notice;
        });
  }

  private void heardMyself(String word, String of) {
    if (of.equals(token)) {
      unheard.set(0);
      if (word.equals(BEGUN)) {
        begun.tryEmitEmpty();
      }
    }
  }

  private Mono<Answer> holdAll(List<Holding> batch) {
    return Mono.defer(
        () -> {
          synchronized (order) {
            List<byte[]> about = new ArrayList<>();
            for (Holding row : batch) {
              if (touched == null || !touched.contains(row.peer())) {
                about.add(bytes(row.peer().toString()));
                about.add(bytes(Long.toString(row.epoch())));
              }
            }
            return write(send(Script.HOLD, about.toArray(byte[][]::new)));
          }
        });
  }

  @Override
  public Mono<Void> hold(NodeId peer, long epoch) {
    return change(Script.HOLD, peer, epoch);
  }

  @Override
  public Mono<Void> release(NodeId peer, long epoch) {
    return change(Script.RELEASE, peer, epoch);
  }

  private Mono<Void> change(Script script, NodeId peer, long epoch) {
    synchronized (order) {
      if (touched != null) {
        touched.add(peer);
      }
      return write(send(script, bytes(peer.toString()), bytes(Long.toString(epoch)))).then();
    }
  }

  /** Removes the rows of earlier sessions that this one did not announce. */
  private Mono<Void> sweep() {
    return write(send(Script.SWEEP, bytes("0")))
        .expand(
            page ->
                page.values().get(0).equals("0")
                    ? Mono.empty()
                    : write(send(Script.SWEEP, bytes(page.values().get(0)))))
        .then();
  }

  @Override
  public Mono<Void> set(AccessRule rule) {
    return setAll(List.of(rule)).then();
  }

  private Mono<Answer> setAll(Collection<AccessRule> rules) {
    List<byte[]> about = new ArrayList<>();
    for (AccessRule rule : rules) {
      Instant end = rule.until().isBefore(NEVER) ? rule.until() : NEVER;
      about.add(bytes(rule.target()));
      about.add(bytes(EngineText.order(rule)));
      about.add(bytes(Long.toString(Math.max(0, end.getEpochSecond()) * 1000 + 999)));
    }
    return write(send(Script.RULES, about.toArray(byte[][]::new)));
  }

  @Override
  public Flux<AccessRule> rules() {
    return page(keys.rules())
        .handle(
            (entry, sink) ->
                reader
                    .read(() -> EngineText.rule(text(entry.getKey()), text(entry.getValue())))
                    .ifPresent(sink::next));
  }

  @Override
  public Mono<Holding> find(NodeId peer) {
    return answer(send(Script.FIND, bytes(peer.toString())))
        .flatMap(
            found -> {
              List<Holding> rows = new ArrayList<>();
              for (int i = 0; i + 1 < found.values().size(); i += 2) {
                String instance = found.values().get(i);
                String row = found.values().get(i + 1);
                reader
                    .read(() -> new Holding(peer, InstanceId.parse(instance), epoch(row)))
                    .ifPresent(rows::add);
              }
              return Mono.justOrEmpty(rows.stream().max(Holding.BY_EPOCH));
            });
  }

  /** A row in Redis is an epoch and a token. */
  private static long epoch(String row) {
    return Long.parseLong(row, 0, Math.max(0, row.indexOf(' ')), 10);
  }

  @Override
  public Flux<Holding> holdings() {
    return answer(send(Script.MEMBERS))
        .flatMapIterable(Answer::values)
        .concatMap(
            name ->
                Mono.justOrEmpty(reader.read(() -> InstanceId.parse(name)))
                    .flatMapMany(this::rowsOf));
  }

  private Flux<Holding> rowsOf(InstanceId instance) {
    return page(keys.rows(instance))
        .handle(
            (entry, sink) -> {
              String peer = text(entry.getKey());
              if (!peer.equals(WHOLE)) {
                reader
                    .read(
                        () ->
                            new Holding(
                                NodeId.parse(peer), instance, epoch(text(entry.getValue()))))
                    .ifPresent(sink::next);
              }
            });
  }

  private Flux<KeyValue<byte[], byte[]>> page(byte[] key) {
    return ScanStream.hscan(commands.join().reactive(), key, ScanArgs.Builder.limit(BATCH));
  }

  @Override
  public Mono<Void> send(InstanceId to, byte[] message) {
    if (waiting.addAndGet(message.length) > MAX_WAITING) {
      waiting.addAndGet(-message.length);
      return Mono.error(EngineFailures.slow(config.server(), MAX_WAITING));
    }
    CompletableFuture<List<Object>> sent =
        send(Script.SEND, bytes(to.toString()), message)
            .whenComplete((answer, failure) -> waiting.addAndGet(-message.length));
    return answer(sent)
        .flatMap(
            answer ->
                switch (answer.word()) {
                  case Answer.OK -> Mono.<Void>empty();
                  case Answer.GONE -> Mono.error(EngineFailures.gone(config.server()));
                  default -> Mono.error(EngineFailures.noMember(to));
                });
  }

  /** Sends before it returns, so that commands are in the order of the calls. */
  private CompletableFuture<List<Object>> send(Script script, byte[]... about) {
    byte[][] arguments = new byte[4 + about.length][];
    arguments[0] = bytes(keys.prefix());
    arguments[1] = bytes(self.toString());
    arguments[2] = bytes(token);
    arguments[3] = bytes(Long.toString(config.heartbeat.timeout().toMillis()));
    System.arraycopy(about, 0, arguments, 4, about.length);
    try {
      return commands
          .join()
          .async()
          .<List<Object>>evalsha(script.digest(), ScriptOutputType.MULTI, new byte[0][], arguments)
          .toCompletableFuture();
    } catch (RuntimeException notSent) {
      return CompletableFuture.failedFuture(notSent);
    }
  }

  private Mono<Answer> answer(CompletableFuture<List<Object>> sent) {
    return outcome(sent).map(Answer::of);
  }

  /**
   * The outcome for a caller. Lettuce may fail a command while it holds its connection's lock, and
   * a caller may react by calling Lettuce again, so failures go to another thread.
   */
  private <T> Mono<T> outcome(CompletableFuture<T> sent) {
    return Futures.await(sent)
        .onErrorResume(failure -> Mono.<T>error(failure).subscribeOn(config.timers));
  }

  /** A write that does not succeed ends the session: the next one announces everything again. */
  private Mono<Answer> write(CompletableFuture<List<Object>> sent) {
    CompletableFuture<Answer> done =
        sent.thenApply(
                reply -> {
                  Answer answer = Answer.of(reply);
                  if (!answer.word().equals(Answer.OK)) {
                    throw EngineFailures.gone(config.server());
                  }
                  return answer;
                })
            // Here, so that it also runs when nobody waits for the outcome any more.
            .whenComplete(
                (answer, failure) -> {
                  if (failure != null) {
                    end(failure);
                  }
                });
    return outcome(done);
  }

  @Override
  public Mono<Throwable> ended() {
    return ended.asMono();
  }

  @Override
  public void end(Throwable cause) {
    if (ended.tryEmitValue(cause) == Sinks.EmitResult.OK) {
      close();
    }
  }

  @Override
  public Mono<Void> leave() {
    boolean connected = commands.isDone() && !commands.isCompletedExceptionally();
    Mono<Answer> said = connected ? answer(send(Script.LEAVE)) : Mono.empty();
    return said.onErrorComplete()
        .then(Mono.<Void>fromRunnable(() -> end(EngineFailures.left())))
        .then(closed())
        .timeout(config.heartbeat.answerLimit(), config.timers)
        .onErrorComplete();
  }

  private Mono<Void> closed() {
    return Mono.whenDelayError(closed(commands), closed(ears)).onErrorComplete();
  }

  private static Mono<Void> closed(
      CompletableFuture<? extends StatefulConnection<?, ?>> connection) {
    return Futures.await(connection)
        // Closing waits for threads that write, and such a thread may be the one that calls this.
        .publishOn(Schedulers.boundedElastic())
        .flatMap(made -> Mono.fromFuture(made.closeAsync()));
  }

  /** A connection that is still being made is closed once it is made. */
  private void close() {
    beats.dispose();
    closed().subscribe();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }
}
