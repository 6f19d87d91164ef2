package io.fluxwire.channel.disk;

import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * The threads that access the disk for a store. The queue needs no bound of its own, since each
 * channel has at most one write and one read at a time.
 */
final class DiskThreads {

  private static final int IDLE_SECONDS = 10;

  private final Executor executor;

  DiskThreads(int count) {
    AtomicInteger started = new AtomicInteger();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            count,
            count,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread =
                  new Thread(work, "fluxwire-channel-store-" + started.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    executor = pool;
  }

  /**
   * Does the work for each subscriber; the work is skipped if the subscriber has cancelled before
   * it starts.
   */
  <T> Mono<T> run(Callable<T> work) {
    return open(work, unused -> {});
  }

  /**
   * As {@link #run}.
   *
   * @param discard is called with the result if the subscriber has cancelled meanwhile
   */
  <T> Mono<T> open(Callable<T> work, Consumer<T> discard) {
    return Mono.create(
        sink -> {
          AtomicBoolean settled = new AtomicBoolean();
          sink.onCancel(() -> settled.set(true));
          executor.execute(() -> execute(work, discard, settled, sink));
        });
  }

  private static <T> void execute(
      Callable<T> work, Consumer<T> discard, AtomicBoolean settled, MonoSink<T> sink) {
    if (settled.get()) {
      return;
    }
    T result;
    try {
      result = work.call();
    } catch (Throwable error) {
      Exceptions.throwIfJvmFatal(error);
      sink.error(error);
      return;
    }
    if (settled.compareAndSet(false, true)) {
      sink.success(result);
    } else {
      discard.accept(result);
    }
  }
}
