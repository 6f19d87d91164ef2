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
  private boolean failed;

  ChannelLoop(Runnable step, Consumer<? super Throwable> whenThrown) {
    this.step = step;
    this.whenThrown = whenThrown;
    this.loop = new DrainLoop(this::run, this::failed);
  }

  /** Runs a task, and the step after it. */
  void execute(Runnable task) {
    tasks.add(task);
    loop.signal();
  }

  /**
   * Runs a task on this thread if nothing else runs. The step does not follow, which saves its cost
   * for each packet: it comes with the next signal, or now for one that came meanwhile. A task that
   * throws ends the channel.
   *
   * @return what the task says, and true when it threw; false when it did not run
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

  /**
   * The step follows, since what the fault ends is brought to its end there; once, lest it throw
   * on.
   */
  private void failed(Throwable thrown) {
    whenThrown.accept(thrown);
    if (!failed) {
      failed = true;
      loop.signal();
    }
  }

  private void run() {
    for (Runnable next = tasks.poll(); next != null; next = tasks.poll()) {
      next.run();
    }
    step.run();
  }
}
