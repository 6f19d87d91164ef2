package io.fluxwire.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Who has news for a drain loop: each at most once, in the order in which they came. The loop looks
 * at these alone, so that what it does costs the same however many others there are.
 *
 * @param <T> who has news
 */
public final class Wakeups<T extends Wakeups.Sleeper> {

  private final Queue<T> woken = new ConcurrentLinkedQueue<>();

  /** Somebody who is waiting until there is news of it. */
  public interface Sleeper {

    /**
     * Whether it is in the queue.
     *
     * @return always the same object, false at first, which only {@link Wakeups} sets
     */
    AtomicBoolean isAwake();
  }

  /**
   * There is news. Any thread; the loop has to run after this.
   *
   * @param sleeper who has it
   */
  public void wake(T sleeper) {
    if (!sleeper.isAwake().getAndSet(true)) {
      woken.add(sleeper);
    }
  }

  /**
   * Takes the next one. For the loop alone, which sees all that was written before the {@link
   * #wake}; what comes from now on wakes again.
   *
   * @return null when there is none
   */
  public @Nullable T next() {
    T next = woken.poll();
    if (next != null) {
      // In one step: what was written before a wake that found it true has to be seen from here on.
      next.isAwake().getAndSet(false);
    }
    return next;
  }
}
