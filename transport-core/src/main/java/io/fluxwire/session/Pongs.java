package io.fluxwire.session;

import io.fluxwire.memory.ReadGate;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Answers the peer's pings: those of one turn of the event loop together, ahead of packets that
 * wait. While {@link #MAX} answers are not on the wire, nothing more is read, so that a peer that
 * asks and does not listen costs no memory.
 */
final class Pongs implements ReadGate {

  /** How many answers may be on their way: 64. */
  static final int MAX = 64;

  private final Endpoint endpoint;
  private final ReadGate other;
  private final AtomicInteger unwritten = new AtomicInteger();
  private final Queue<Long> asked = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final AtomicReference<@Nullable Runnable> later = new AtomicReference<>();

  /**
   * Has answered nothing yet.
   *
   * @param other is asked as well before something is read
   */
  Pongs(Endpoint endpoint, ReadGate other) {
    this.endpoint = endpoint;
    this.other = other;
  }

  /**
   * The peer asks; on the thread that reads.
   *
   * @return whether it may ask more
   */
  boolean asked(long value) {
    int now = unwritten.incrementAndGet();
    asked.add(value);
    if (scheduled.compareAndSet(false, true)) {
      endpoint.execute(this::answer);
    }
    return now < MAX;
  }

  private void answer() {
    // First, so that a ping that comes from now on has a task of its own.
    scheduled.set(false);
    List<Long> values = new ArrayList<>();
    for (Long value = asked.poll(); value != null; value = asked.poll()) {
      values.add(value);
    }
    int answers = values.size();
    boolean said =
        answers > 0
            && endpoint
                .outbound()
                .say(control -> values.forEach(control::pong), () -> settled(answers));
    if (!said) {
      // This side has ended its direction: no answer is owed any more.
      settled(answers);
    }
  }

  private void settled(int answers) {
    if (unwritten.addAndGet(-answers) < MAX) {
      Runnable waiting = later.getAndSet(null);
      if (waiting != null) {
        waiting.run();
      }
    }
  }

  @Override
  public boolean mayRead(int bytes, Runnable whenThereIsRoom) {
    if (unwritten.get() >= MAX) {
      later.set(whenThereIsRoom);
      // Answers that were written meanwhile may not have seen it. Whoever takes it goes on.
      if (unwritten.get() >= MAX || later.getAndSet(null) == null) {
        return false;
      }
    }
    return other.mayRead(bytes, whenThereIsRoom);
  }

  @Override
  public void done() {
    other.done();
  }
}
