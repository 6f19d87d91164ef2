package io.fluxwire.channel;

import io.fluxwire.internal.DrainLoop;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * Runs what a channel does, one thing at a time, on the threads that bring it: tasks in their
 * order, and after them a step that looks at what else has changed.
 */
final class ChannelLoop {

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final Runnable step;
  private final DrainLoop loop;

  ChannelLoop(Runnable step, Consumer<? super Throwable> whenThrown) {
    this.step = step;
    this.loop = new DrainLoop(this::run, whenThrown);
  }

  /** Runs a task, and the step after it. */
  void execute(Runnable task) {
    tasks.add(task);
    loop.signal();
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
