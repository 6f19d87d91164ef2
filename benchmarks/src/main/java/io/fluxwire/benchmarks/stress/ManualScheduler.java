package io.fluxwire.benchmarks.stress;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/** Keeps what is scheduled until an actor takes and runs it; tells the time that it is told. */
public final class ManualScheduler implements Scheduler {

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private volatile long nanos;

  @Override
  public Disposable schedule(Runnable task) {
    tasks.add(task);
    return Disposables.single();
  }

  @Override
  public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
    return schedule(task);
  }

  @Override
  public Worker createWorker() {
    return new Worker() {
      @Override
      public Disposable schedule(Runnable task) {
        return ManualScheduler.this.schedule(task);
      }

      @Override
      public void dispose() {}
    };
  }

  @Override
  public long now(TimeUnit unit) {
    return unit.convert(nanos, TimeUnit.NANOSECONDS);
  }

  /** Lets time pass, but runs nothing. */
  public void advance(long by) {
    nanos += by;
  }

  /** The next task, which is then the caller's to run. */
  public Runnable take() {
    return tasks.remove();
  }

  /** Runs all there are, and those that they schedule. */
  public void runAll() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** How many tasks wait. */
  public int waiting() {
    return tasks.size();
  }
}
