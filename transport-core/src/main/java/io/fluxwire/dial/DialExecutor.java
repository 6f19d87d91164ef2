package io.fluxwire.dial;

import io.fluxwire.internal.SerialExecutor;
import io.fluxwire.internal.TerminableScheduler;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Runs what happens to one dial: one task at a time, now or after a delay. All state of the dial
 * belongs to these tasks.
 */
final class DialExecutor {

  private final SerialExecutor serial;
  private final Scheduler timers;
  private final Consumer<? super Throwable> whenBroken;
  private final Disposable.Swap termination = Disposables.swap();

  /**
   * An executor for one dial.
   *
   * @param timers runs what is delayed; may refuse to
   * @param whenBroken is told, in a task, what a task threw: code of the application's threw where
   *     nothing else says what that means
   */
  DialExecutor(Scheduler timers, Consumer<? super Throwable> whenBroken) {
    this.serial = new SerialExecutor(thrown -> whenBroken.accept(explained(thrown)));
    this.timers = timers;
    this.whenBroken = whenBroken;
  }

  private static Throwable explained(Throwable thrown) {
    return thrown instanceof RejectedExecutionException ? noTimers(thrown) : thrown;
  }

  private static Throwable noTimers(Throwable cause) {
    return new RejectedExecutionException(
        "the event loops of this dial were disposed, so nothing is dialled any more: dispose the"
            + " publisher first, or dial on other loops",
        cause);
  }

  /** Runs a task before this returns, or after the one that is running. */
  void execute(Runnable task) {
    serial.execute(task);
  }

  /**
   * Runs a task later.
   *
   * @throws RejectedExecutionException when the timers take nothing more
   */
  Disposable after(Duration delay, Runnable task) {
    return timers.schedule(() -> execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * From now on, the end of the timers' threads breaks the dial: a timer that was set never fires
   * then, and the dial would wait for it for ever.
   */
  void watchTimers() {
    if (timers instanceof TerminableScheduler terminable) {
      termination.update(terminable.onTermination(() -> execute(this::timersEnded)));
    }
  }

  private void timersEnded() {
    if (!termination.isDisposed()) {
      whenBroken.accept(noTimers(new RejectedExecutionException("the threads have ended")));
    }
  }

  /** The dial has ended, and needs no timers. */
  void forgetTimers() {
    termination.dispose();
  }
}
