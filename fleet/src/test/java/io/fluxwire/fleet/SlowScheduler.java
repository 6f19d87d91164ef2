package io.fluxwire.fleet;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/** Runs the tasks of each worker in order, each some time after it came. */
final class SlowScheduler implements Scheduler {

  private final Scheduler time;
  private final LongSupplier latencyMillis;

  SlowScheduler(Scheduler time, LongSupplier latencyMillis) {
    this.time = time;
    this.latencyMillis = latencyMillis;
  }

  @Override
  public Disposable schedule(Runnable task) {
    return time.schedule(task, latencyMillis.getAsLong(), TimeUnit.MILLISECONDS);
  }

  @Override
  public Worker createWorker() {
    Worker worker = time.createWorker();
    return new Worker() {

      private long last;

      @Override
      public Disposable schedule(Runnable task) {
        long now = time.now(TimeUnit.MILLISECONDS);
        last = Math.max(last, now + latencyMillis.getAsLong());
        return worker.schedule(task, last - now, TimeUnit.MILLISECONDS);
      }

      @Override
      public void dispose() {
        worker.dispose();
      }
    };
  }
}
