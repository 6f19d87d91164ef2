package io.fluxwire.dial;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs tasks of any thread one at a time and in order, on the threads that bring them. Unlike a
 * scheduler's worker it drops none, so a connection that arrives late still meets its owner.
 */
final class Serial {

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger wip = new AtomicInteger();

  void execute(Runnable task) {
    tasks.add(task);
    if (wip.getAndIncrement() != 0) {
      return;
    }
    int missed = 1;
    do {
      for (Runnable next = tasks.poll(); next != null; next = tasks.poll()) {
        next.run();
      }
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
  }
}
