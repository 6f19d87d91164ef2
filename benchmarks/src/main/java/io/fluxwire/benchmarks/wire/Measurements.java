package io.fluxwire.benchmarks.wire;

import io.fluxwire.benchmarks.wire.Wire.Server;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Single measurements, each on a fresh server. */
final class Measurements {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int MEETING_AT_ONCE = 16;

  private final Duration warmUp;
  private final Duration time;

  Measurements(Duration warmUp, Duration time) {
    this.warmUp = warmUp;
    this.time = time;
  }

  /** How much of what came when bytes went one way. */
  record Bulk(
      double bytesPerSecond,
      double cpuNanosPerByte,
      double allocatedPerPacket,
      double onTheWirePerPacket) {}

  Bulk bulk(Wire wire, int size, int connections) {
    Server server = wire.streaming(size);
    Bulk bulk = bulk(wire, size, connections, server);
    server.stop().dispose();
    return bulk;
  }

  /** From a server that is there. The use of CPU and heap is this process's. */
  Bulk bulk(Wire wire, int size, int connections, Server server) {
    try {
      return bulk(wire.name(), wire.download(server, size), size, connections);
    } catch (IllegalStateException e) {
      server.stop().dispose();
      throw e;
    }
  }

  /** From one side to the other. The use of CPU and heap is this process's. */
  Bulk bulk(OneWay way, int size) {
    return bulk(way.name(), way.flow(size), size, 1);
  }

  private Bulk bulk(String name, Flux<Integer> download, int size, int times) {
    LongAdder bytes = new LongAdder();
    LongAdder failures = new LongAdder();
    AtomicReference<Throwable> failed = new AtomicReference<>();
    Disposable.Composite running = Disposables.composite();
    for (int i = 0; i < times; i++) {
      running.add(
          download.subscribe(
              bytes::add,
              failure -> {
                failed.set(failure);
                failures.increment();
              }));
    }
    await(() -> bytes.sum() + failures.sum() > 0);
    sleep(warmUp);
    long bytesBefore = bytes.sum();
    Usage before = Usage.now();
    sleep(time);
    await(() -> bytes.sum() > bytesBefore || failures.sum() > 0);
    long moved = bytes.sum() - bytesBefore;
    Usage used = Usage.now().minus(before);
    running.dispose();
    if (failures.sum() > 0 || moved == 0) {
      throw new IllegalStateException(
          "%s: %d of %d downloads failed, %,d bytes came"
              .formatted(name, failures.sum(), times, moved),
          failed.get());
    }
    return new Bulk(
        moved / used.seconds(),
        (double) used.cpuNanos() / moved,
        (double) used.allocated() * size / moved,
        (double) used.loopback() * size / moved);
  }

  /** How long sends took until they were stored, some of them at once. */
  Histogram storedSends(StoredSends way, int size, int atOnce) {
    Histogram nanos = new ConcurrentHistogram(TimeUnit.MINUTES.toNanos(1), 3);
    AtomicBoolean counts = new AtomicBoolean();
    LongAdder stored = new LongAdder();
    AtomicReference<Throwable> failed = new AtomicReference<>();
    // Each send has to leave the thread, or one whose store answers at once would not let others.
    Scheduler senders = Schedulers.newParallel("senders");
    Disposable running =
        way.open(size)
            .flatMap(
                send ->
                    Flux.range(0, atOnce)
                        .flatMap(i -> timed(send).subscribeOn(senders).repeat(), atOnce))
            .subscribe(
                took -> {
                  stored.increment();
                  if (counts.get()) {
                    nanos.recordValue(took);
                  }
                },
                failed::set);
    await(() -> stored.sum() > 0 || failed.get() != null);
    sleep(warmUp);
    long before = stored.sum();
    counts.set(true);
    sleep(time);
    await(() -> stored.sum() > before || failed.get() != null);
    counts.set(false);
    running.dispose();
    senders.dispose();
    sleep(Duration.ofMillis(20));
    if (failed.get() != null || nanos.getTotalCount() == 0) {
      throw new IllegalStateException(way.name() + ": a send was not stored", failed.get());
    }
    return nanos;
  }

  private static Mono<Long> timed(Mono<?> send) {
    return Mono.defer(
        () -> {
          long began = System.nanoTime();
          return send.then(Mono.fromSupplier(() -> System.nanoTime() - began));
        });
  }

  /** Round trips, while something else may go on at the server. */
  Histogram pingPong(Wire wire, int size, Server server) {
    return roundTrips(wire.name(), wire.pingPong(server, size)).nanos();
  }

  /** How long round trips took, and how many were made in a second. */
  record RoundTrips(Histogram nanos, double perSecond) {}

  /** Round trips of which several are under way at a time. */
  RoundTrips requests(Wire wire, Requests way, int size, int atOnce) {
    Server server = wire.echoing();
    RoundTrips made = roundTrips(wire.name(), way.requests(server, size, atOnce));
    server.stop().dispose();
    return made;
  }

  private RoundTrips roundTrips(String name, Flux<Long> trips) {
    Histogram nanos = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
    AtomicBoolean counts = new AtomicBoolean();
    AtomicBoolean answered = new AtomicBoolean();
    Disposable running =
        trips.subscribe(
            roundTrip -> {
              answered.set(true);
              if (counts.get()) {
                nanos.recordValue(roundTrip);
              }
            });
    await(answered::get);
    sleep(warmUp);
    Usage before = Usage.now();
    counts.set(true);
    sleep(time);
    counts.set(false);
    double seconds = Usage.now().minus(before).seconds();
    running.dispose();
    sleep(Duration.ofMillis(20));
    if (nanos.getTotalCount() == 0) {
      throw new IllegalStateException(name + ": no answer came");
    }
    return new RoundTrips(nanos, nanos.getTotalCount() / seconds);
  }

  /** How many connections there were, and what each took. */
  record Meetings(double perSecond, double cpuMicros) {}

  Meetings meetings(Meets wire) {
    Server server = wire.greeting();
    LongAdder met = new LongAdder();
    Disposable running = storm(wire, server, met);
    sleep(warmUp);
    long metBefore = met.sum();
    Usage before = Usage.now();
    sleep(time);
    long count = met.sum() - metBefore;
    Usage used = Usage.now().minus(before);
    running.dispose();
    sleep(Duration.ofMillis(100));
    server.stop().dispose();
    return new Meetings(count / used.seconds(), used.cpuNanos() / 1e3 / count);
  }

  /** Connections to a server, one after the other, some at once, until disposed. */
  static Disposable storm(Meets wire, Server server, LongAdder met) {
    return Flux.range(0, Integer.MAX_VALUE)
        .flatMap(
            i -> wire.meet(server).then(Mono.fromRunnable(met::increment)).onErrorComplete(),
            MEETING_AT_ONCE)
        .subscribe();
  }

  /** What an idle connection holds, half of both ends: heap and direct memory, in bytes. */
  record Idle(double heap, double direct) {}

  Idle idle(Wire wire, int connections) {
    Server server = wire.greeting();
    List<Disposable> open = new ArrayList<>();
    // What the first ones make once and for all is not the connections'.
    open.addAll(join(wire, server, 100));
    long heap = usedHeap();
    long direct = usedDirect();
    open.addAll(join(wire, server, connections));
    double heapEach = (double) (usedHeap() - heap) / connections / 2;
    double directEach = (double) (usedDirect() - direct) / connections / 2;
    open.forEach(Disposable::dispose);
    sleep(Duration.ofMillis(500));
    server.stop().dispose();
    return new Idle(heapEach, directEach);
  }

  private static List<Disposable> join(Wire wire, Server server, int connections) {
    return Flux.range(0, connections)
        .flatMap(i -> wire.join(server), MEETING_AT_ONCE)
        .collectList()
        .blockOptional(LIMIT)
        .orElseThrow();
  }

  private static long usedHeap() {
    sleep(Duration.ofMillis(300));
    System.gc();
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static long usedDirect() {
    return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
  }

  /** What has just started, or runs on a busy machine, may need more time than a smoke run has. */
  private static void await(BooleanSupplier begun) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!begun.getAsBoolean() && System.nanoTime() < deadline) {
      sleep(Duration.ofMillis(1));
    }
  }

  private static void sleep(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    for (long left = duration.toNanos(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
