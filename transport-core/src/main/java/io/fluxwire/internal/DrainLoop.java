package io.fluxwire.internal;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;

/**
 * The queue-drain loop of Reactive Streams: whoever brings news on any thread signals it, and one
 * of them at a time runs a step until there is no more news. What only the step reads and writes
 * needs no lock and need not be volatile.
 *
 * <p>Nothing that is thrown ends the loop for good: it would leave all that signals later waiting.
 */
public final class DrainLoop implements Runnable {

  private static final AtomicIntegerFieldUpdater<DrainLoop> WIP =
      AtomicIntegerFieldUpdater.newUpdater(DrainLoop.class, "wip");

  private final Runnable step;
  private final Consumer<? super Throwable> onError;

  /** How many signals the running loop has to look at; 0 when none runs. */
  @SuppressWarnings("UnusedVariable") // through WIP
  private volatile int wip;

  /**
   * A loop that does not run.
   *
   * @param step does all that there is to do; runs again when a signal came meanwhile
   * @param onError is told what the step threw, within the loop; what it throws itself is logged
   */
  public DrainLoop(Runnable step, Consumer<? super Throwable> onError) {
    this.step = step;
    this.onError = onError;
  }

  /**
   * There is news, which was made visible before: runs the step, before this returns if the loop
   * does not run yet, and else once more on the thread that runs it.
   */
  public void signal() {
    if (enter()) {
      run();
    }
  }

  /**
   * As {@link #signal()}, but the caller runs the loop, perhaps on another thread.
   *
   * @return whether the caller has to {@link #run()} the loop, which runs for nobody else until
   *     then
   */
  public boolean enter() {
    return WIP.getAndIncrement(this) == 0;
  }

  /**
   * As {@link #enter()}, but when the loop runs already, that is no signal to it.
   *
   * @return whether the caller has to {@link #run()} the loop, and may change what belongs to the
   *     step until then
   */
  public boolean tryEnter() {
    return WIP.compareAndSet(this, 0, 1);
  }

  /**
   * Ends what {@link #tryEnter()} began without running the step, unless a signal came meanwhile:
   * then the caller runs the loop.
   */
  public void leave() {
    if (!WIP.compareAndSet(this, 1, 0)) {
      run();
    }
  }

  /** Runs the loop: once, for who was told to by {@link #enter()} or {@link #tryEnter()}. */
  @Override
  public void run() {
    int missed = 1;
    do {
      try {
        step.run();
      } catch (Throwable thrown) {
        Callbacks.run("the owner of a drain loop", () -> onError.accept(thrown));
      }
      missed = WIP.addAndGet(this, -missed);
    } while (missed != 0);
  }
}
