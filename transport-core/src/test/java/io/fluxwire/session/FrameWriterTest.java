package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.duplex.ByteDuplex;
import io.fluxwire.frame.ByteBudget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.reflect.Proxy;
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

class FrameWriterTest {

  private final Queue<Runnable> deferred = new ArrayDeque<>();
  private final Queue<Runnable> later = new ArrayDeque<>();
  private boolean tasksWait;
  private final Timers scheduler = new Timers();
  private long written;

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
    List<String> signals = new ArrayList<>();
    Flux.just(Unpooled.buffer(100).writeZero(100))
        .cast(ByteBuf.class)
        .subscribe(
            new FrameWriter(
                greedy(),
                Duration.ofSeconds(20),
                null,
                count -> {},
                () -> signals.add("drained"),
                failure -> signals.add("failed")));
    assertThat(signals).containsExactly("drained");
    assertThat(scheduler.timers).isNotEmpty().allMatch(Disposable::isDisposed);
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 16 * 1024, 64 * 1024})
  void aFrameCountsAsWrittenOnceItIs(int size) {
    tasksWait = true;
    List<Long> told = new ArrayList<>();
    int frames = 400_000 / size;
    Flux.range(0, frames)
        .map(i -> Unpooled.buffer(size).writeZero(size))
        .cast(ByteBuf.class)
        .subscribe(
            new FrameWriter(
                greedy(),
                Duration.ZERO,
                null,
                count -> {
                  assertThat(count).isLessThanOrEqualTo(written / size);
                  told.add(count);
                },
                () -> {},
                failure -> {
                  throw new AssertionError(failure);
                }));
    while (!later.isEmpty() || !deferred.isEmpty()) {
      (later.isEmpty() ? deferred : later).remove().run();
    }
    assertThat(told).last().isEqualTo((long) frames);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 16 * 1024, 64 * 1024})
  void aPeerThatTakesAllAtOnceDoesNotHaveTheEventLoopForItself(int size) {
    List<Throwable> failures = new ArrayList<>();
    int[] made = new int[1];
    FrameWriter writer =
        new FrameWriter(greedy(), Duration.ZERO, null, count -> {}, () -> {}, failures::add);
    Flux.<ByteBuf>generate(
            sink -> {
              made[0]++;
              sink.next(Unpooled.buffer(size).writeZero(size));
            })
        .subscribe(writer);

    for (int turn = 1; turn <= 3; turn++) {
      assertThat((long) made[0] * size)
          .isBetween((long) FrameWriter.WINDOW * turn, (FrameWriter.WINDOW + size) * (long) turn);
      assertThat(deferred).hasSize(1);
      deferred.remove().run();
    }
    assertThat(written).isGreaterThanOrEqualTo(FrameWriter.WINDOW * 3L);
    assertThat(failures).isEmpty();
  }

  @Test
  void aWriterHasASmallWindowWhileTheBudgetIsUsedUp() {
    long[] held = new long[1];
    ByteBudget budget = new ByteBudget(ByteBudget.MIN, change -> held[0] += change);
    ByteBudget.Share other = budget.share(scheduler, cause -> {});
    ByteBudget.Share share = budget.share(scheduler, cause -> {});
    int[] made = new int[1];
    List<Consumer<@Nullable Throwable>> writes = new ArrayList<>();
    FrameWriter writer =
        new FrameWriter(slow(writes), Duration.ZERO, share, count -> {}, () -> {}, e -> {});
    Flux.<ByteBuf>generate(
            sink -> {
              made[0]++;
              sink.next(Unpooled.buffer(16 * 1024).writeZero(16 * 1024));
            })
        .subscribe(writer);
    assertThat(made[0]).isEqualTo(FrameWriter.WINDOW / (16 * 1024));
    assertThat(held[0]).isEqualTo(FrameWriter.WINDOW);

    other.writing(ByteBudget.MIN);
    int before = made[0];
    while (writes.size() > 2) {
      writes.remove(0).accept(null);
      runDeferred();
      assertThat(made[0]).as("%d on their way", writes.size()).isEqualTo(before);
    }
    assertThat(held[0]).isEqualTo(ByteBudget.MIN);
    writes.remove(0).accept(null);
    runDeferred();
    assertThat(made[0]).as("a little goes on").isEqualTo(before + 1);
    assertThat(writes).hasSize(2);
    assertThat(held[0]).as("it is not counted").isEqualTo(ByteBudget.MIN);

    other.close();
    writes.remove(0).accept(null);
    runDeferred();
    assertThat(made[0]).isGreaterThan(before + 10);
    assertThat(held[0]).isEqualTo(FrameWriter.WINDOW);
    share.close();
    assertThat(held[0]).isZero();
  }

  @Test
  void aWriterWhosePeerTakesSomethingHasNotHeldItForLong() {
    List<String> ended = new ArrayList<>();
    ByteBudget budget = new ByteBudget(ByteBudget.MIN, change -> {});
    ByteBudget.Share idle = budget.share(scheduler, cause -> ended.add("idle"));
    ByteBudget.Share share = budget.share(scheduler, cause -> ended.add("writer"));
    List<Consumer<@Nullable Throwable>> writes = new ArrayList<>();
    Flux.<ByteBuf>generate(sink -> sink.next(Unpooled.buffer(16 * 1024).writeZero(16 * 1024)))
        .subscribe(
            new FrameWriter(slow(writes), Duration.ZERO, share, count -> {}, () -> {}, e -> {}));
    idle.writing(FrameWriter.WINDOW / 2);

    scheduler.nanos = Duration.ofHours(1).toNanos();
    writes.remove(0).accept(null);
    budget.share(scheduler, cause -> ended.add("new")).writing(3 * ByteBudget.MIN);
    assertThat(ended).containsExactly("idle");
  }

  private void runDeferred() {
    for (int turns = deferred.size(); turns > 0; turns--) {
      deferred.remove().run();
    }
  }
}
