package io.fluxwire.benchmarks.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.Consumer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;

/**
 * A stream in a Redis of its own, between a sender and a group of one receiver: added and read in
 * batches of 1 MiB, each pipelined, acknowledged and deleted once it was taken. The sender waits
 * while the stream holds as much as a channel may keep.
 */
final class RedisStreamsWire implements OneWay, StoredSends {

  private static final int BATCH = 1 << 20;

  private static final int BATCHES_IN_FLIGHT = 3;

  /** What a channel keeps by default. */
  private static final long KEPT = 16L << 20;

  private static final byte[] STREAM = "packets".getBytes(US_ASCII);
  private static final byte[] GROUP = "receivers".getBytes(US_ASCII);
  private static final byte[] FIELD = "p".getBytes(US_ASCII);

  /** How many a stream keeps of what nobody takes. */
  private static final int LATEST = 10_000;

  private final String name;
  private final Scratch scratch;
  private final String sync;

  /**
   * A wire.
   *
   * @param sync when Redis syncs its file
   */
  RedisStreamsWire(String name, Scratch scratch, String sync) {
    this.name = name;
    this.scratch = scratch;
    this.sync = sync;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Flux<Integer> flow(int size) {
    return Flux.create(
        sink -> {
          Run run = new Run(new Redis(RedisProcess.start(scratch, sync)), size, sink);
          sink.onDispose(run);
          run.start();
        });
  }

  /** Of one connection, so that sends at once are pipelined. */
  @Override
  public Flux<Mono<?>> open(int size) {
    Map<byte[], byte[]> packet = Map.of(FIELD, new byte[size]);
    XAddArgs latest = XAddArgs.Builder.maxlen(LATEST).approximateTrimming();
    return Flux.using(
        () -> new Redis(RedisProcess.start(scratch, sync)),
        redis -> {
          StatefulRedisConnection<byte[], byte[]> connection = redis.connect();
          Mono<?> send =
              Mono.fromCompletionStage(() -> connection.async().xadd(STREAM, latest, packet));
          return Flux.<Mono<?>>never().startWith(send);
        },
        Disposable::dispose);
  }

  /** A process and those who are connected to it. */
  private static final class Redis implements Disposable {

    private final RedisProcess process;
    private final RedisClient client;

    Redis(RedisProcess process) {
      this.process = process;
      this.client = RedisClient.create(process.uri());
    }

    StatefulRedisConnection<byte[], byte[]> connect() {
      return client.connect(ByteArrayCodec.INSTANCE);
    }

    @Override
    public void dispose() {
      client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
      process.dispose();
    }
  }

  /** Two sides for as long as somebody listens. */
  private static final class Run implements Disposable {

    private final Redis redis;
    private final int size;
    private final int count;
    private final FluxSink<Integer> sink;
    private final Thread sender = new Thread(() -> run(this::send), "redis-sender");
    private final Thread receiver = new Thread(() -> run(this::receive), "redis-receiver");
    private volatile boolean over;

    Run(Redis redis, int size, FluxSink<Integer> sink) {
      this.redis = redis;
      this.size = size;
      this.count = Math.max(1, BATCH / size);
      this.sink = sink;
    }

    /**
     * What was added together.
     *
     * @param length of the stream after it
     */
    private record Batch(CompletableFuture<Void> added, RedisFuture<Long> length) {}

    private interface Side {
      void run() throws InterruptedException, ExecutionException;
    }

    void start() {
      redis
          .connect()
          .sync()
          .xgroupCreate(
              StreamOffset.from(STREAM, "0"), GROUP, XGroupCreateArgs.Builder.mkstream(true));
      sender.start();
      receiver.start();
    }

    private void run(Side side) {
      try {
        side.run();
      } catch (InterruptedException | ExecutionException | RedisException e) {
        if (!over) {
          sink.error(e);
        }
      }
    }

    private void send() throws InterruptedException, ExecutionException {
      StatefulRedisConnection<byte[], byte[]> connection = redis.connect();
      connection.setAutoFlushCommands(false);
      Map<byte[], byte[]> packet = Map.of(FIELD, new byte[size]);
      Deque<Batch> inFlight = new ArrayDeque<>();
      while (!over) {
        List<CompletableFuture<?>> added = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          added.add(connection.async().xadd(STREAM, packet).toCompletableFuture());
        }
        inFlight.add(
            new Batch(
                CompletableFuture.allOf(added.toArray(CompletableFuture[]::new)),
                connection.async().xlen(STREAM)));
        connection.flushCommands();
        if (inFlight.size() == BATCHES_IN_FLIGHT) {
          Batch oldest = inFlight.remove();
          oldest.added().get();
          awaitRoom(connection, oldest.length().get());
        }
      }
    }

    private void awaitRoom(StatefulRedisConnection<byte[], byte[]> connection, long length)
        throws InterruptedException, ExecutionException {
      for (long kept = length; !over && kept * size >= KEPT; ) {
        Thread.sleep(1);
        RedisFuture<Long> again = connection.async().xlen(STREAM);
        connection.flushCommands();
        kept = again.get();
      }
    }

    private void receive() {
      StatefulRedisConnection<byte[], byte[]> connection = redis.connect();
      Consumer<byte[]> one = Consumer.from(GROUP, "one".getBytes(US_ASCII));
      XReadArgs some = XReadArgs.Builder.count(count).block(Duration.ofSeconds(1));
      while (!over) {
        List<StreamMessage<byte[], byte[]>> read =
            connection.sync().xreadgroup(one, some, StreamOffset.lastConsumed(STREAM));
        String[] ids = read.stream().map(StreamMessage::getId).toArray(String[]::new);
        if (ids.length > 0) {
          // Pipelined with the next read, whose answer comes after theirs.
          connection.async().xack(STREAM, GROUP, ids);
          connection.async().xdel(STREAM, ids);
          sink.next(ids.length * size);
        }
      }
    }

    @Override
    public void dispose() {
      over = true;
      sender.interrupt();
      receiver.interrupt();
      try {
        sender.join();
        receiver.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      redis.dispose();
    }
  }
}
