package io.fluxwire.memory;

import io.fluxwire.FrameIntegrityException;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
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
public final class ByteBudget {

  /** What is not counted of a connection, each way: 64 KiB. */
  public static final int UNCOUNTED = ReadGate.UNCOUNTED;

  /** The smallest budget: 2 MiB, so that there is room for any two frames. */
  public static final long MIN = 2L << 20;

  /** How long a frame waits before a connection ends for it: 5 s. */
  public static final Duration PATIENCE = Duration.ofSeconds(5);

  private final long capacity;
  private final LongConsumer observer;

  // What follows is guarded by this.
  private final Queue<Share> waiting = new ArrayDeque<>();
  private final Set<Share> holders = new LinkedHashSet<>();
  private long held;

  private volatile boolean exhausted;

  /**
   * A budget of which nothing is held.
   *
   * @param capacity in bytes, at least {@link #MIN}
   * @param observer is told by how many bytes what is held changes; must not block
   */
  public ByteBudget(long capacity, LongConsumer observer) {
    if (capacity < MIN) {
      throw new IllegalArgumentException(
          "a byte budget has at least %,d bytes, not %,d".formatted(MIN, capacity));
    }
    this.capacity = capacity;
    this.observer = observer;
  }

  /**
   * One connection's share, which holds nothing yet.
   *
   * @param scheduler the connection's, where it goes on and ends
   * @param end ends the connection, whose bytes others need; called once at most
   * @return the share, to be closed with the connection
   */
  public Share share(Scheduler scheduler, Consumer<? super PeerException> end) {
    return new Share(scheduler, end);
  }

  /** Makes a change, and then does what follows from it, outside of the lock. */
  private void settle(Runnable change) {
    List<Share> admitted = new ArrayList<>();
    Share victim;
    synchronized (this) {
      change.run();
      admit(admitted);
      victim = isFarExceeded() ? worst(Duration.ZERO) : null;
    }
    admitted.forEach(Share::resume);
    if (victim != null) {
      victim.evict();
    }
  }

  private void admit(List<Share> admitted) {
    Share first = waiting.peek();
    while (first != null && held + first.wanted <= capacity) {
      first.hold(first.wanted, first.writes);
      first.stopWaiting();
      admitted.add(first);
      first = waiting.peek();
    }
    exhausted = held >= capacity || first != null;
  }

  private boolean isFarExceeded() {
    // held > 2 * capacity, written so that it cannot overflow.
    return held - capacity > capacity && heldForLonger() - capacity > capacity;
  }

  /** Without what connections hold that are ending. */
  private long heldForLonger() {
    return held - holders.stream().filter(one -> one.ending).mapToLong(Share::bytes).sum();
  }

  /** What the frames want that have waited as long as this one, and this one. */
  private long wantedUpTo(Share last) {
    long sum = 0;
    for (Share share : waiting) {
      sum += share.wanted;
      if (share == last) {
        break;
      }
    }
    return sum;
  }

  /** Who holds the most for the longest, and is to end now; null if none has for so long. */
  private @Nullable Share worst(Duration atLeast) {
    Share worst = null;
    double most = 0;
    for (Share share : holders) {
      double weight = share.weight(atLeast.toNanos());
      if (!share.ending && weight > most) {
        worst = share;
        most = weight;
      }
    }
    if (worst != null) {
      worst.ending = true;
    }
    return worst;
  }

  /** What one connection holds. */
  public final class Share implements ReadGate {

    private final Scheduler scheduler;
    private final Consumer<? super PeerException> end;

    // What follows is guarded by the budget.
    private int frame;
    private long writes;
    private long frameSince;
    private int wanted;
    private Disposable patience = Disposables.disposed();
    private boolean overdue;
    private boolean ending;
    private boolean closed;

    private volatile boolean authenticated;
    private volatile long writesSince;
    private volatile Runnable whenAdmitted = () -> {};

    /** Whether room for the frame at hand was asked for; of whoever reads. */
    private boolean asked;

    /** Whether there is, which may be told on another thread than that of whoever asked. */
    private volatile boolean taken;

    private Share(Scheduler scheduler, Consumer<? super PeerException> end) {
      this.scheduler = scheduler;
      this.end = end;
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
        frameDone();
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
      synchronized (ByteBudget.this) {
        if (closed) {
          return true;
        }
        if (waiting.isEmpty() && held + bytes <= capacity) {
          hold(bytes, writes);
          exhausted = held >= capacity;
          return true;
        }
        whenAdmitted = admitted;
        wanted = bytes;
        overdue = false;
        waiting.add(this);
        exhausted = true;
        awaitRoom();
        return false;
      }
    }

    private void frameDone() {
      settle(
          () -> {
            stopWaiting();
            hold(0, writes);
          });
    }

    /**
     * What is written and the socket has not taken. There is always room for it.
     *
     * @param bytes how many it is now
     */
    public void writing(long bytes) {
      settle(
          () -> {
            if (!closed) {
              hold(frame, bytes);
            }
          });
    }

    /** The socket has taken something: what is left does not count as held for long. */
    public void written() {
      writesSince = now();
    }

    /**
     * Whether writers have to do with what is not counted.
     *
     * @return true while there is no room, or frames wait for it
     */
    public boolean isExhausted() {
      return exhausted;
    }

    /** The connection is gone: it holds nothing, and never will. */
    public void close() {
      settle(
          () -> {
            closed = true;
            stopWaiting();
            hold(0, 0);
          });
    }

    private void hold(int ofFrame, long ofWrites) {
      if (frame == 0) {
        frameSince = now();
      }
      if (writes == 0) {
        writesSince = now();
      }
      long change = ofFrame + ofWrites - bytes();
      frame = ofFrame;
      writes = ofWrites;
      if (change != 0) {
        held += change;
        observer.accept(change);
      }
      if (bytes() > 0) {
        holders.add(this);
      } else {
        holders.remove(this);
      }
    }

    private long bytes() {
      return frame + writes;
    }

    private long now() {
      return scheduler.now(TimeUnit.NANOSECONDS);
    }

    /** Bytes times time, of what has been held for so long. */
    private double weight(long nanos) {
      long now = now();
      return weight(frame, now - frameSince, nanos) + weight(writes, now - writesSince, nanos);
    }

    private static double weight(long bytes, long age, long atLeast) {
      return age >= atLeast ? bytes * (age + 1.0) : 0;
    }

    private void awaitRoom() {
      patience = scheduler.schedule(this::waitedLong, PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void stopWaiting() {
      if (wanted > 0) {
        wanted = 0;
        waiting.remove(this);
        patience.dispose();
      }
    }

    private void waitedLong() {
      Share victim;
      boolean admitted;
      synchronized (ByteBudget.this) {
        if (wanted == 0) {
          return;
        }
        boolean willFit = heldForLonger() + wantedUpTo(this) <= capacity;
        victim = willFit ? null : worst(PATIENCE);
        boolean first = waiting.peek() == this;
        admitted = victim == null && !willFit && first && overdue;
        overdue = first;
        if (admitted) {
          // All others make progress, and this one would wait for as long as they do.
          int bytes = wanted;
          stopWaiting();
          hold(bytes, writes);
        } else {
          awaitRoom();
        }
      }
      if (victim != null) {
        victim.evict();
      }
      if (admitted) {
        resume();
      }
    }

    private void resume() {
      run(whenAdmitted);
    }

    private void evict() {
      run(
          () ->
              end.accept(
                  new PeerTimeoutException(
                      Reason.BYTES_EXHAUSTED,
                      "this connection held many bytes for long, which others need")));
    }

    private void run(Runnable task) {
      try {
        scheduler.schedule(task);
      } catch (RejectedExecutionException e) {
        // Its event loop is gone, and so is the connection.
        close();
      }
    }
  }
}
