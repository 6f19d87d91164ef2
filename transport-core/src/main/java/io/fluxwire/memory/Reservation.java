package io.fluxwire.memory;

import io.fluxwire.FrameIntegrityException;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.memory.Account.Wait;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import reactor.core.scheduler.Scheduler;

/**
 * What one connection holds of a {@link MemoryBudget}. {@link #mayRead} and {@link #done} are for
 * whoever reads, one call at a time; all else is thread-safe.
 */
public final class Reservation implements ReadGate {

  private final MemoryBudget budget;
  private final Scheduler scheduler;
  private final Consumer<? super PeerException> end;
  private final Account account;
  private volatile boolean authenticated;
  private volatile Runnable whenAdmitted = () -> {};

  /** Whether room for the frame at hand was asked for; of whoever reads. */
  private boolean asked;

  /** Whether there is, which may be told on another thread than that of whoever asked. */
  private volatile boolean taken;

  Reservation(MemoryBudget budget, Scheduler scheduler, Consumer<? super PeerException> end) {
    this.budget = budget;
    this.scheduler = scheduler;
    this.end = end;
    this.account =
        new Account(() -> scheduler.now(TimeUnit.NANOSECONDS), this::admitted, this::evicted);
  }

  /** The connection's peer has proven who it is, so its frames may be large. */
  public void authenticated() {
    authenticated = true;
  }

  /**
   * {@inheritDoc}
   *
   * @throws FrameIntegrityException when nobody knows yet whose frame it is: strangers would have
   *     the budget for themselves
   */
  @Override
  public boolean mayRead(int bytes, Runnable later) {
    if (bytes > UNCOUNTED && !asked) {
      asked = true;
      // The result is not assigned: if it is false, the answer may be here already, and be true.
      if (takeFrame(
          bytes,
          () -> {
            taken = true;
            later.run();
          })) {
        taken = true;
      }
    }
    return taken || !asked;
  }

  @Override
  public void done() {
    if (asked) {
      asked = false;
      taken = false;
      run(budget.frameDone(account));
    }
  }

  /** Whether there is room for a frame; if not, it is told when there is, on the scheduler. */
  private boolean takeFrame(int bytes, Runnable admitted) {
    if (!authenticated) {
      throw new FrameIntegrityException(
          Reason.PAYLOAD_TOO_LARGE,
          "a frame announces %,d bytes before its sender is authenticated, more than %,d"
              .formatted(bytes, UNCOUNTED));
    }
    whenAdmitted = admitted;
    Wait wait = budget.reserve(account, bytes);
    if (wait == null) {
      return true;
    }
    awaitRoom(wait);
    return false;
  }

  private void awaitRoom(Wait wait) {
    wait.timer.update(
        scheduler.schedule(
            () -> waitedLong(wait), MemoryBudget.PATIENCE.toNanos(), TimeUnit.NANOSECONDS));
  }

  private void waitedLong(Wait wait) {
    run(budget.waitedLong(wait));
    if (!wait.isOver()) {
      awaitRoom(wait);
    }
  }

  private static void run(List<Runnable> callbacks) {
    callbacks.forEach(Runnable::run);
  }

  /**
   * What is written and the socket has not taken. There is always room for it.
   *
   * @param bytes how many it is now
   */
  public void writing(long bytes) {
    run(budget.writing(account, bytes));
  }

  /** The socket has taken something: what is left does not count as held for long. */
  public void written() {
    account.written();
  }

  /**
   * Whether writers have to do with what is not counted.
   *
   * @return true while there is no room, or frames wait for it
   */
  public boolean isExhausted() {
    return budget.isExhausted();
  }

  /** The connection is gone: it holds nothing, and never will. */
  public void close() {
    run(budget.close(account));
  }

  private void admitted() {
    schedule(whenAdmitted);
  }

  private void evicted() {
    schedule(
        () ->
            end.accept(
                new PeerTimeoutException(
                    Reason.BYTES_EXHAUSTED,
                    "this connection held many bytes for long, which others need")));
  }

  private void schedule(Runnable task) {
    try {
      scheduler.schedule(task);
    } catch (RejectedExecutionException e) {
      // Its event loop is gone, and so is the connection.
      close();
    }
  }
}
