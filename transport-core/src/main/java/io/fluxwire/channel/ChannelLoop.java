package io.fluxwire.channel;

import io.fluxwire.internal.DrainLoop;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Runs what a channel does, one thing at a time, on the threads that bring it: tasks in their
 * order, and after them a step that looks at what else has changed.
 */
final class ChannelLoop {

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final Runnable step;
  private final Consumer<? super Throwable> whenThrown;
  private final DrainLoop loop;

  ChannelLoop(Runnable step, Consumer<? super Throwable> whenThrown) {
    this.step = step;
    this.whenThrown = whenThrown;
    this.loop = new DrainLoop(this::run, whenThrown);
  }

  /** Runs a task, and the step after it. */
  void execute(Runnable task) {
    tasks.add(task);
    loop.signal();
  }

  /**
   * Runs a task at once if nothing else runs, and leaves the step to who signals next. What it
   * throws ends the channel.
   *
   * @return what the task says; false when it did not run
   */
  boolean tryRun(BooleanSupplier task) {
    if (!loop.tryEnter()) {
      return false;
    }
    try {
      boolean did = task.getAsBoolean();
      loop.leave();
      return did;
    } catch (Throwable thrown) {
      tasks.add(() -> whenThrown.accept(thrown));
      loop.run();
      return true;
    }
  }

  /** Runs the step. */
  void signal() {
    loop.signal();
  }

  private void run() {
    for (Runnable next = tasks.poll(); next != null; next = tasks.poll()) {
      next.run();
    }
    step.run();
  }
}
