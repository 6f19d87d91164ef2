package io.fluxwire.session;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/** A scheduler of one thread that knows which delayed tasks have neither run nor been cancelled. */
final class CountedTimers implements Scheduler {

  private final Scheduler scheduler;
  private final Set<Timer> timers = new HashSet<>();

  CountedTimers(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** Where the timers were set that are left. */
  List<String> pending() {
    return timers.stream().map(timer -> Arrays.toString(timer.setBy.getStackTrace())).toList();
  }

  private final class Timer implements Disposable {

    private final Throwable setBy = new Throwable();
    private final Disposable scheduled;
    private boolean done;

    Timer(Runnable task, long delay, TimeUnit unit) {
      timers.add(this);
      scheduled =
          scheduler.schedule(
              () -> {
                done();
                task.run();
              },
              delay,
              unit);
    }

    private void done() {
      done = true;
      timers.remove(this);
    }

    @Override
    public void dispose() {
      done();
      scheduled.dispose();
    }

    @Override
    public boolean isDisposed() {
      return done;
    }
  }

  @Override
  public Disposable schedule(Runnable task) {
    return scheduler.schedule(task);
  }

  @Override
  public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
    return new Timer(task, delay, unit);
  }

  @Override
  public Disposable schedulePeriodically(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    throw new UnsupportedOperationException("sessions set one timer at a time");
  }

  @Override
  public long now(TimeUnit unit) {
    return scheduler.now(unit);
  }

  /** Operators that hand over use workers, without delays. */
  @Override
  public Worker createWorker() {
    return scheduler.createWorker();
  }
}
