package io.fluxwire.session;

import io.fluxwire.memory.ReadGate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Answers the peer's pings, and stops reading when there are too many. Answers to pings that come
 * in one turn of the event loop go out together, ahead of packets that wait to be sent.
 *
 * <p>Reading stops while {@link #MAX} answers or more wait to be written, so that a peer that asks
 * and does not read costs no memory. It also stops when {@link #RATE} pings have come within a
 * second of the first of them, until that second is over, so that a peer that asks and reads costs
 * little work. It does not stop once the session is over.
 */
final class Pongs implements ReadGate {

  /** At this many answers that are not written yet, reading stops: 64. */
  static final int MAX = 64;

  /** How many pings are answered in a second, before reading waits for the next one: 1,024. */
  static final int RATE = 1024;

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Endpoint endpoint;
  private final Scheduler scheduler;
  private final ReadGate other;
  private final AtomicInteger unwritten = new AtomicInteger();
  private final Queue<Long> asked = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final AtomicReference<@Nullable Runnable> later = new AtomicReference<>();

  /** When the second began in which so many pings came. Both belong to who reads. */
  private long secondBegan;

  private int inSecond;

  private volatile boolean released;

  /** Ends the wait for the next second. */
  private final Disposable.Swap nextSecond = Disposables.swap();

  /**
   * Has answered nothing yet.
   *
   * @param other is asked as well before something is read
   */
  Pongs(Endpoint endpoint, ReadGate other) {
    this.endpoint = endpoint;
    this.scheduler = endpoint.duplex().scheduler();
    this.other = other;
  }

  /** The session is over: whoever waits goes on, so that it reads to the end. */
  void release() {
    released = true;
    nextSecond.dispose();
    goOn();
  }

  /**
   * The peer asks; on the thread that reads.
   *
   * @return whether the reader may look at more of what the peer sent
   */
  boolean asked(long value) {
    int now = unwritten.incrementAndGet();
    asked.add(value);
    if (scheduled.compareAndSet(false, true)) {
      endpoint.execute(this::answer);
    }
    return (countInSecond() < RATE && now < MAX) || released;
  }

  private int countInSecond() {
    long now = scheduler.now(TimeUnit.NANOSECONDS);
    if (inSecond == 0 || now - secondBegan >= SECOND) {
      secondBegan = now;
      inSecond = 0;
    }
    return ++inSecond;
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
      goOn();
    }
  }

  private void goOn() {
    Runnable waiting = later.getAndSet(null);
    if (waiting != null) {
      waiting.run();
    }
  }

  @Override
  public boolean mayRead(int bytes, Runnable whenThereIsRoom) {
    if (mustWait()) {
      later.set(whenThereIsRoom);
      long left = untilNextSecond();
      if (left > 0) {
        nextSecond.update(scheduler.schedule(this::goOn, left, TimeUnit.NANOSECONDS));
      }
      // Answers that were written meanwhile may not have seen it. Whoever takes it goes on.
      if (mustWait() || later.getAndSet(null) == null) {
        return false;
      }
    }
    return other.mayRead(bytes, whenThereIsRoom);
  }

  private boolean mustWait() {
    return !released && (unwritten.get() >= MAX || untilNextSecond() > 0);
  }

  /** Zero unless too many have come in this one. */
  private long untilNextSecond() {
    return inSecond < RATE
        ? 0
        : Math.max(0, SECOND - (scheduler.now(TimeUnit.NANOSECONDS) - secondBegan));
  }

  @Override
  public void done() {
    other.done();
  }
}
