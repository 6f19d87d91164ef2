package io.fluxwire.memory;

import io.fluxwire.memory.EvictionPolicy.Holding;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * What a budget knows of one connection. All but {@link #written()} is for the budget, within its
 * lock.
 */
final class Account {

  /** A frame for which there is no room yet. */
  static final class Wait {

    final Account account;
    final int bytes;

    /** Whether it was the first in the queue when it had waited for long already. */
    boolean overdue;

    /** Its reservation's: tells the budget that it has waited for long. */
    final Disposable.Swap timer = Disposables.swap();

    Wait(Account account, int bytes) {
      this.account = account;
      this.bytes = bytes;
    }

    /** There is room now, or nobody wants it any more. */
    void end() {
      timer.dispose();
    }

    /** Any thread; no timer is set again after this was true. */
    boolean isOver() {
      return timer.isDisposed();
    }
  }

  final Runnable whenAdmitted;
  final Runnable whenEvicted;
  @Nullable Wait wait;
  boolean ending;
  boolean closed;
  private final LongSupplier nanoTime;
  private int frame;
  private long frameSince;
  private long writes;
  private volatile long writesSince;

  /**
   * An account of one that holds nothing.
   *
   * @param nanoTime the connection's clock
   * @param whenAdmitted runs, outside of the budget's lock, when there is room for what waited
   * @param whenEvicted runs, outside of the budget's lock, when the connection is to end
   */
  Account(LongSupplier nanoTime, Runnable whenAdmitted, Runnable whenEvicted) {
    this.nanoTime = nanoTime;
    this.whenAdmitted = whenAdmitted;
    this.whenEvicted = whenEvicted;
  }

  /** The socket has taken something: what is left does not count as held for long. */
  void written() {
    writesSince = nanoTime.getAsLong();
  }

  void hold(int ofFrame, long ofWrites) {
    if (frame == 0) {
      frameSince = nanoTime.getAsLong();
    }
    if (writes == 0) {
      written();
    }
    frame = ofFrame;
    writes = ofWrites;
  }

  int frame() {
    return frame;
  }

  long writes() {
    return writes;
  }

  long bytes() {
    return frame + writes;
  }

  Holding<Account> holding() {
    long now = nanoTime.getAsLong();
    return new Holding<>(this, frame, now - frameSince, writes, now - writesSince, ending);
  }
}
