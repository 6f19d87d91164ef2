package io.fluxwire.memory;

import io.fluxwire.PeerException;
import io.fluxwire.memory.Account.Wait;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * How many bytes many connections may hold together: for frames that are arriving, and written and
 * not taken by the socket. What is small is not counted: {@link #UNCOUNTED}. Thread-safe.
 *
 * <p>Back-pressure comes first. A frame is read on when there is room for the whole of it, first
 * come, first served. While there is none, or frames wait for it, a writer asks for the next frame
 * only below half of {@link #UNCOUNTED}. It waits for its own socket and never for others; so it
 * may exceed the budget, by a frame whose size was not known before it was made.
 *
 * <p>Closing comes last. When a frame has waited for {@link #PATIENCE}, the connection that holds
 * the most for the longest ends, of those that hold something for as long; if there is none, the
 * frame that has waited the longest is read on all the same, after that time again. Where writers
 * together pass twice the budget, one ends at once.
 *
 * <p>Who has not proven an id holds nothing: a large frame from there is refused.
 */
public final class MemoryBudget {

  /** What is not counted of a connection, each way: 64 KiB. */
  public static final int UNCOUNTED = ReadGate.UNCOUNTED;

  /** The smallest budget: 2 MiB, so that there is room for any two frames. */
  public static final long MIN = 2L << 20;

  /** How long a frame waits before a connection ends for it: 5 s. */
  public static final Duration PATIENCE = Duration.ofSeconds(5);

  private final long capacity;
  private final LongConsumer observer;

  // Accounts are kept here, and nothing else is done: timers, and the thread on which a connection
  // hears of something, are its reservation's. What follows from a change is returned as callbacks,
  // to be run outside of the lock. What follows is guarded by this.

  private final Queue<Wait> waiting = new ArrayDeque<>();
  private final Set<Account> holders = new LinkedHashSet<>();
  private long held;

  private volatile boolean exhausted;

  /**
   * A budget of which nothing is held.
   *
   * @param capacity in bytes, at least {@link #MIN}
   * @param observer is told by how many bytes what is held changes; must not block
   */
  public MemoryBudget(long capacity, LongConsumer observer) {
    if (capacity < MIN) {
      throw new IllegalArgumentException(
          "a byte budget has at least %,d bytes, not %,d".formatted(MIN, capacity));
    }
    this.capacity = capacity;
    this.observer = observer;
  }

  /**
   * What one connection reserves, which is nothing yet.
   *
   * @param scheduler the connection's, where it goes on and ends
   * @param end ends the connection, whose bytes others need; called once at most
   * @return the reservation, to be closed with the connection
   */
  public Reservation reservation(Scheduler scheduler, Consumer<? super PeerException> end) {
    return new Reservation(this, scheduler, end);
  }

  /**
   * How many bytes there are.
   *
   * @return the capacity
   */
  public long capacity() {
    return capacity;
  }

  /**
   * How many bytes are held now.
   *
   * @return zero or more; over the capacity where writers exceeded it
   */
  public synchronized long held() {
    return held;
  }

  /** Whether there is no room, or frames wait for it. */
  boolean isExhausted() {
    return exhausted;
  }

  /** Room for a frame: null if there is, or if the connection is gone and will not use it. */
  synchronized @Nullable Wait reserve(Account account, int bytes) {
    if (account.closed) {
      return null;
    }
    if (waiting.isEmpty() && held + bytes <= capacity) {
      hold(account, bytes, account.writes());
      exhausted = held >= capacity;
      return null;
    }
    Wait wait = new Wait(account, bytes);
    account.wait = wait;
    waiting.add(wait);
    exhausted = true;
    return wait;
  }

  /** The frame is dealt with, or not wanted any more. */
  synchronized List<Runnable> frameDone(Account account) {
    stopWaiting(account);
    hold(account, 0, account.writes());
    return settled();
  }

  /** What is written and the socket has not taken: there is always room for it. */
  synchronized List<Runnable> writing(Account account, long bytes) {
    if (!account.closed) {
      hold(account, account.frame(), bytes);
    }
    return settled();
  }

  /** The connection is gone: it holds nothing, and never will. */
  synchronized List<Runnable> close(Account account) {
    account.closed = true;
    stopWaiting(account);
    hold(account, 0, 0);
    return settled();
  }

  /** A frame has waited for {@link #PATIENCE}, perhaps not for the first time. */
  synchronized List<Runnable> waitedLong(Wait wait) {
    if (wait.isOver()) {
      return List.of();
    }
    boolean first = waiting.peek() == wait;
    boolean wasOverdue = wait.overdue;
    wait.overdue = first;
    if (heldForLonger() + wantedUpTo(wait) <= capacity) {
      return List.of();
    }
    Account victim = evict(PATIENCE);
    if (victim != null) {
      return List.of(victim.whenEvicted);
    }
    if (first && wasOverdue) {
      // All others make progress, and this one would wait for as long as they do.
      return List.of(admit(wait));
    }
    return List.of();
  }

  /** What follows from a change. */
  private List<Runnable> settled() {
    List<Runnable> callbacks = new ArrayList<>(0);
    Wait first = waiting.peek();
    while (first != null && held + first.bytes <= capacity) {
      callbacks.add(admit(first));
      first = waiting.peek();
    }
    exhausted = held >= capacity || first != null;
    if (isFarExceeded()) {
      Account victim = evict(Duration.ZERO);
      if (victim != null) {
        callbacks.add(victim.whenEvicted);
      }
    }
    return callbacks;
  }

  private Runnable admit(Wait wait) {
    stopWaiting(wait.account);
    hold(wait.account, wait.bytes, wait.account.writes());
    return wait.account.whenAdmitted;
  }

  private void stopWaiting(Account account) {
    Wait wait = account.wait;
    if (wait != null) {
      account.wait = null;
      wait.end();
      waiting.remove(wait);
    }
  }

  private void hold(Account account, int frame, long writes) {
    long before = account.bytes();
    account.hold(frame, writes);
    long change = account.bytes() - before;
    if (change != 0) {
      held += change;
      observer.accept(change);
    }
    if (account.bytes() > 0) {
      holders.add(account);
    } else {
      holders.remove(account);
    }
  }

  private boolean isFarExceeded() {
    // held > 2 * capacity, written so that it cannot overflow.
    return held - capacity > capacity && heldForLonger() - capacity > capacity;
  }

  /** Without what connections hold that are ending. */
  private long heldForLonger() {
    return held - holders.stream().filter(one -> one.ending).mapToLong(Account::bytes).sum();
  }

  /** What the frames want that have waited as long as this one, and this one. */
  private long wantedUpTo(Wait last) {
    long sum = 0;
    for (Wait wait : waiting) {
      sum += wait.bytes;
      if (wait == last) {
        break;
      }
    }
    return sum;
  }

  private @Nullable Account evict(Duration atLeast) {
    Account victim =
        EvictionPolicy.victim(holders.stream().map(Account::holding).toList(), atLeast);
    if (victim != null) {
      victim.ending = true;
    }
    return victim;
  }

  @Override
  public synchronized String toString() {
    return "MemoryBudget[%,d of %,d bytes held by %d connections, %d frames waiting]"
        .formatted(held, capacity, holders.size(), waiting.size());
  }
}
