package io.fluxwire.benchmarks;

import io.fluxwire.timeout.RefreshableTimeout;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * What a refresh costs on the path of a packet, beside the clock that it has to read, and beside a
 * timer that is cancelled and scheduled anew.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RefreshableTimeoutBenchmark {

  private static final Duration INTERVAL = Duration.ofSeconds(20);

  private MultiThreadIoEventLoopGroup group;
  private EventLoop loop;
  private RefreshableTimeout timeout;
  private ScheduledFuture<?> timer;

  /** Starts an event loop, and both timeouts. */
  @Setup
  public void setUp() {
    group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    loop = group.next();
    timeout =
        RefreshableTimeout.start(
            new NanoTimed(Schedulers.fromExecutorService(loop)), INTERVAL, () -> {});
    timer = schedule();
  }

  /** Stops the event loop. */
  @TearDown
  public void tearDown() {
    timeout.dispose();
    group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** The clock alone. */
  @Benchmark
  public long clock() {
    return System.nanoTime();
  }

  /** The refreshable timeout. */
  @Benchmark
  public void refresh() {
    timeout.refresh();
  }

  /** What it saves: a timer of the event loop's, from another thread. */
  @Benchmark
  public void cancelAndSchedule() {
    timer.cancel(false);
    timer = schedule();
  }

  private ScheduledFuture<?> schedule() {
    return loop.schedule(() -> {}, INTERVAL.toSeconds(), TimeUnit.SECONDS);
  }

  /** Tells the time as a connection's scheduler does. */
  private static final class NanoTimed implements Scheduler {
    private final Scheduler wrapped;

    NanoTimed(Scheduler wrapped) {
      this.wrapped = wrapped;
    }

    @Override
    public long now(TimeUnit unit) {
      return unit.convert(System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task) {
      return wrapped.schedule(task);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      return wrapped.schedule(task, delay, unit);
    }

    @Override
    public Worker createWorker() {
      return wrapped.createWorker();
    }
  }
}
