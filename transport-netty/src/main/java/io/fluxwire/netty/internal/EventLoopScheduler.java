package io.fluxwire.netty.internal;

import io.fluxwire.internal.Callbacks;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * An event loop as a scheduler; each connection creates one. {@link Schedulers#fromExecutorService}
 * is not used, since it registers each scheduler with Reactor's decorators, such as its executor
 * meters, which would never remove it again.
 *
 * <p>Its clock does not jump when the system's clock is set, since timeouts depend on it. Disposing
 * it does nothing, since the event loop is shared.
 */
public final class EventLoopScheduler implements Scheduler {

  private final EventLoop loop;

  public EventLoopScheduler(EventLoop loop) {
    this.loop = loop;
  }

  @Override
  public long now(TimeUnit unit) {
    return unit.convert(System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  @Override
  public Disposable schedule(Runnable task) {
    return start(new Task(task, null), 0, TimeUnit.NANOSECONDS);
  }

  @Override
  public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
    return start(new Task(task, null), delay, unit);
  }

  @Override
  public Disposable schedulePeriodically(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    return repeat(new Task(task, null), initialDelay, period, unit);
  }

  @Override
  public Worker createWorker() {
    return new LoopWorker();
  }

  @Override
  public boolean isDisposed() {
    return loop.isShuttingDown();
  }

  private Task start(Task task, long delay, TimeUnit unit) {
    if (delay > 0) {
      task.startedAs(loop.schedule(task::runOnce, delay, unit));
    } else {
      loop.execute(task::runOnce);
    }
    return task;
  }

  private Task repeat(Task task, long initialDelay, long period, TimeUnit unit) {
    if (period > 0) {
      task.startedAs(loop.scheduleAtFixedRate(task::run, initialDelay, period, unit));
    } else {
      task.startedAs(loop.scheduleWithFixedDelay(task::run, initialDelay, 1, TimeUnit.NANOSECONDS));
    }
    return task;
  }

  /** The tasks that one operator has scheduled, to be disposed of together. */
  private final class LoopWorker implements Worker {

    private final Disposable.Composite tasks = Disposables.composite();

    @Override
    public Disposable schedule(Runnable task) {
      return schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      Task mine = mine(task);
      try {
        return start(mine, delay, unit);
      } catch (RejectedExecutionException e) {
        mine.dispose();
        throw e;
      }
    }

    @Override
    public Disposable schedulePeriodically(
        Runnable task, long initialDelay, long period, TimeUnit unit) {
      Task mine = mine(task);
      try {
        return repeat(mine, initialDelay, period, unit);
      } catch (RejectedExecutionException e) {
        mine.dispose();
        throw e;
      }
    }

    private Task mine(Runnable task) {
      Task mine = new Task(task, tasks);
      if (!tasks.add(mine)) {
        throw Exceptions.failWithRejected();
      }
      return mine;
    }

    @Override
    public void dispose() {
      tasks.dispose();
    }

    @Override
    public boolean isDisposed() {
      return tasks.isDisposed();
    }
  }

  private static final class Task implements Disposable {

    private final Runnable task;
    private final Disposable.@Nullable Composite owner;
    private volatile @Nullable Future<?> future;
    private volatile boolean over;

    Task(Runnable task, Disposable.@Nullable Composite owner) {
      this.task = Schedulers.onSchedule(task);
      this.owner = owner;
    }

    void startedAs(Future<?> timer) {
      future = timer;
      // It was disposed of before there was a timer to cancel.
      if (over) {
        timer.cancel(false);
      }
    }

    void runOnce() {
      try {
        run();
      } finally {
        end();
      }
    }

    void run() {
      if (over) {
        return;
      }
      try {
        task.run();
      } catch (Throwable e) {
        // The event loop itself would not report what a timer's task throws.
        Callbacks.report("a task on an event loop", e);
      }
    }

    private void end() {
      over = true;
      Disposable.Composite from = owner;
      if (from != null) {
        from.remove(this);
      }
    }

    @Override
    public void dispose() {
      end();
      Future<?> timer = future;
      if (timer != null) {
        timer.cancel(false);
      }
    }

    @Override
    public boolean isDisposed() {
      return over;
    }
  }
}
