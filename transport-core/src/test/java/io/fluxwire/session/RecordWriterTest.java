package io.fluxwire.session;

import static io.fluxwire.Reason.CLOSED_LOCALLY;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.memory.MemoryBudget;
import io.fluxwire.memory.Reservation;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.reflect.Proxy;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

class RecordWriterTest {

  private final Queue<Runnable> deferred = new ArrayDeque<>();
  private final Queue<Runnable> later = new ArrayDeque<>();
  private boolean tasksWait;
  private final Timers scheduler = new Timers();
  private final List<Throwable> failures = new ArrayList<>();
  private final SendQueue queue = new SendQueue(Schedulers.immediate());
  private int drained;
  private long written;

  /** Of packets that go as they are, and wait for a flush as frames do. */
  private RecordWriter writer(
      ByteDuplex duplex, Duration writeTimeout, @Nullable Reservation reservation) {
    return new RecordWriter(
        duplex,
        new PlainSealer(),
        writeTimeout,
        reservation,
        queue::fault,
        new RecordWriter.Events() {
          @Override
          public void written() {}

          @Override
          public void drained() {
            drained++;
          }

          @Override
          public void failed(Throwable failure) {
            failures.add(failure);
          }
        });
  }

  private static Outgoing payload(int size) {
    return new Outgoing(Unpooled.buffer(size).writeZero(size), null);
  }

  /** Takes all that is written, at once. */
  private ByteDuplex greedy() {
    return taking(written -> written.accept(null));
  }

  /** Takes what is written when it is told to. */
  private ByteDuplex slow(List<Consumer<@Nullable Throwable>> writes) {
    return taking(writes::add);
  }

  @SuppressWarnings("unchecked")
  private ByteDuplex taking(Consumer<Consumer<@Nullable Throwable>> whenWritten) {
    return (ByteDuplex)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {ByteDuplex.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "write" -> {
                    ByteBuf bytes = (ByteBuf) args[0];
                    written += bytes.readableBytes();
                    bytes.release();
                    whenWritten.accept((Consumer<@Nullable Throwable>) args[1]);
                    yield null;
                  }
                  case "defer" -> deferred.add((Runnable) args[0]);
                  case "scheduler" -> scheduler;
                  case "allocator" -> UnpooledByteBufAllocator.DEFAULT;
                  default -> throw new AssertionError(method);
                });
  }

  /** Runs tasks at once, unless they wait, and timers never. */
  private final class Timers implements Scheduler {

    private final List<Disposable> timers = new ArrayList<>();
    private long nanos;

    @Override
    public long now(TimeUnit unit) {
      return unit.convert(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task) {
      if (tasksWait) {
        later.add(task);
      } else {
        task.run();
      }
      return Disposables.disposed();
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      Disposable timer = Disposables.single();
      timers.add(timer);
      return timer;
    }

    @Override
    public Worker createWorker() {
      return Schedulers.immediate().createWorker();
    }
  }

  @Test
  void aStreamThatIsOverLeavesNoTimer() {
    Flux.just(payload(100)).subscribe(writer(greedy(), Duration.ofSeconds(20), null));
    // Its one write was done before the end was handled, which looks for that as well.
    assertThat(drained).as("told once").isEqualTo(1);
    assertThat(failures).isEmpty();
    assertThat(scheduler.timers).isNotEmpty().allMatch(Disposable::isDisposed);
  }

  /** The last write may be done while the end of the payloads is being handled. */
  @Test
  void aStreamThatIsOverIsDrainedOnce() {
    tasksWait = true;
    Flux.just(payload(100)).subscribe(writer(greedy(), Duration.ZERO, null));
    assertThat(written).isEqualTo(100);
    assertThat(drained).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 16 * 1024, 64 * 1024})
  void aPacketCountsAsWrittenOnceItIs(int size) {
    tasksWait = true;
    int packets = 400_000 / size;
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < packets; i++) {
      int number = i;
      queue
          .send(Flux.just(size), length -> Unpooled.buffer(length).writeZero(length))
          .subscribe(
              null,
              failures::add,
              () -> {
                assertThat(written).isGreaterThanOrEqualTo((number + 1L) * size);
                order.add(number);
              });
    }
    RecordWriter writer = writer(greedy(), Duration.ZERO, null);
    queue.subscribe(writer);
    while (!later.isEmpty() || !deferred.isEmpty()) {
      (later.isEmpty() ? deferred : later).remove().run();
    }
    assertThat(failures).isEmpty();
    assertThat(order).hasSize(packets).isSorted();
    assertThat(writer.unwritten()).isZero();
  }

  @Test
  void packetsOfOneWriteAreToldToTheirOwnersWhoeverTheyAre() {
    tasksWait = true;
    List<Consumer<@Nullable Throwable>> writes = new ArrayList<>();
    List<String> done = new ArrayList<>();
    send(done, "long", 3);
    send(done, "short", 1);
    RecordWriter writer = writer(slow(writes), Duration.ZERO, null);
    queue.subscribe(writer);
    later.remove().run();
    assertThat(writes).hasSize(1);
    assertThat(written).isEqualTo(4);
    assertThat(writer.unwritten()).isEqualTo(4);
    assertThat(done).isEmpty();

    send(done, "later", 1);
    queue.end(
        new SendEnd.Replace(Unpooled.buffer(1).writeZero(1), SendQueue.closed(CLOSED_LOCALLY)));
    later.forEach(Runnable::run);
    assertThat(written).isEqualTo(6);
    assertThat(writer.unwritten()).as("the last payload is no packet").isEqualTo(5);
    writes.get(0).accept(null);
    assertThat(done).containsExactly("short", "long");
    assertThat(writer.unwritten()).isEqualTo(1);
    writes.get(1).accept(new ClosedChannelException());
    assertThat(failures).hasSize(1);
    assertThat(writer.unwritten()).isEqualTo(1);
    assertThat(writer.outstanding()).isEqualTo(2);
  }

  private void send(List<String> done, String name, int packets) {
    queue
        .send(Flux.range(0, packets), i -> Unpooled.buffer(1).writeZero(1))
        .subscribe(null, failure -> done.add(name + " failed"), () -> done.add(name));
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 16 * 1024, 64 * 1024})
  void aPeerThatTakesAllAtOnceDoesNotHaveTheEventLoopForItself(int size) {
    int[] made = new int[1];
    RecordWriter writer = writer(greedy(), Duration.ZERO, null);
    Flux.<Outgoing>generate(
            sink -> {
              made[0]++;
              sink.next(payload(size));
            })
        .subscribe(writer);

    for (int turn = 1; turn <= 3; turn++) {
      assertThat((long) made[0] * size)
          .isBetween((long) RecordWriter.WINDOW * turn, (RecordWriter.WINDOW + size) * (long) turn);
      assertThat(deferred).hasSize(1);
      deferred.remove().run();
    }
    assertThat(written).isGreaterThanOrEqualTo(RecordWriter.WINDOW * 3L);
    assertThat(failures).isEmpty();
  }

  @Test
  void aWriterHasASmallWindowWhileTheBudgetIsUsedUp() {
    long[] held = new long[1];
    MemoryBudget budget = new MemoryBudget(MemoryBudget.MIN, change -> held[0] += change);
    Reservation other = budget.reservation(scheduler, cause -> {});
    Reservation reservation = budget.reservation(scheduler, cause -> {});
    int[] made = new int[1];
    List<Consumer<@Nullable Throwable>> writes = new ArrayList<>();
    RecordWriter writer = writer(slow(writes), Duration.ZERO, reservation);
    Flux.<Outgoing>generate(
            sink -> {
              made[0]++;
              sink.next(payload(16 * 1024));
            })
        .subscribe(writer);
    assertThat(made[0]).isEqualTo(RecordWriter.WINDOW / (16 * 1024));
    assertThat(held[0]).isEqualTo(RecordWriter.WINDOW);

    other.writing(MemoryBudget.MIN);
    int before = made[0];
    while (writes.size() > 2) {
      writes.remove(0).accept(null);
      runDeferred();
      assertThat(made[0]).as("%d on their way", writes.size()).isEqualTo(before);
    }
    assertThat(held[0]).isEqualTo(MemoryBudget.MIN);
    writes.remove(0).accept(null);
    runDeferred();
    assertThat(made[0]).as("a little goes on").isEqualTo(before + 1);
    assertThat(writes).hasSize(2);
    assertThat(held[0]).as("it is not counted").isEqualTo(MemoryBudget.MIN);

    other.close();
    writes.remove(0).accept(null);
    runDeferred();
    assertThat(made[0]).isGreaterThan(before + 10);
    assertThat(held[0]).isEqualTo(RecordWriter.WINDOW);
    reservation.close();
    assertThat(held[0]).isZero();
  }

  @Test
  void aWriterWhosePeerTakesSomethingHasNotHeldItForLong() {
    List<String> ended = new ArrayList<>();
    MemoryBudget budget = new MemoryBudget(MemoryBudget.MIN, change -> {});
    Reservation idle = budget.reservation(scheduler, cause -> ended.add("idle"));
    Reservation reservation = budget.reservation(scheduler, cause -> ended.add("writer"));
    List<Consumer<@Nullable Throwable>> writes = new ArrayList<>();
    Flux.<Outgoing>generate(sink -> sink.next(payload(16 * 1024)))
        .subscribe(writer(slow(writes), Duration.ZERO, reservation));
    idle.writing(RecordWriter.WINDOW / 2);

    scheduler.nanos = Duration.ofHours(1).toNanos();
    writes.remove(0).accept(null);
    budget.reservation(scheduler, cause -> ended.add("new")).writing(3 * MemoryBudget.MIN);
    assertThat(ended).containsExactly("idle");
  }

  private void runDeferred() {
    for (int turns = deferred.size(); turns > 0; turns--) {
      deferred.remove().run();
    }
  }
}
