package io.fluxwire.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * Runs tasks of any thread one at a time and in order, on the threads that bring them. Unlike a
 * scheduler's worker it drops none, so a connection that arrives late still meets its owner.
 *
 * <p>What a task throws does not reach who brought it, who may be anybody, and stops no other task:
 * the owner of the state is told, in the same turn.
 */
public final class SerialExecutor {

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final DrainLoop loop;
  private final Consumer<? super Throwable> whenThrown;

  /** For tasks that are not expected to throw: what they throw is logged. */
  public SerialExecutor() {
    this(thrown -> Callbacks.report("a task", thrown));
  }

  /**
   * For tasks with an owner.
   *
   * @param whenThrown is told what a task threw, before the next one runs
   */
  public SerialExecutor(Consumer<? super Throwable> whenThrown) {
    this.whenThrown = whenThrown;
    this.loop = new DrainLoop(this::runAll, whenThrown);
  }

  /**
   * Runs a task: before this returns, unless another one is running, which it then follows on that
   * one's thread.
   *
   * @param task may throw anything, and may bring more tasks
   */
  public void execute(Runnable task) {
    tasks.add(task);
    loop.signal();
  }

  private void runAll() {
    for (Runnable next = tasks.poll(); next != null; next = tasks.poll()) {
      run(next);
    }
  }

  private void run(Runnable task) {
    try {
      task.run();
    } catch (Throwable thrown) {
      Callbacks.run("the owner of a task", () -> whenThrown.accept(thrown));
    }
  }
}
