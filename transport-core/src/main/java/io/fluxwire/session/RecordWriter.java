package io.fluxwire.session;

import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.memory.MemoryBudget;
import io.fluxwire.memory.Reservation;
import io.fluxwire.record.ControlSealer;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.timeout.RefreshableTimeout;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/**
 * Seals payloads and writes the records to the duplex, those of one turn of the event loop
 * together. Asks for the next payload while less than {@link #WINDOW} bytes are on their way to the
 * socket, and tells each payload's owner once it is there. Everything runs on the duplex's
 * scheduler.
 */
final class RecordWriter implements CoreSubscriber<Outgoing> {

  /**
   * Asks for no payload while this many sealed bytes are unwritten: 256 KiB. One payload's records
   * may pass it.
   */
  static final int WINDOW = 256 * 1024;

  /**
   * The window while the budget is used up: so small that it is not counted, one frame included.
   */
  private static final int SMALL_WINDOW = MemoryBudget.UNCOUNTED / 2;

  /** A frame of a payload that is not counted. */
  private static final int UNCOUNTED = MemoryBudget.UNCOUNTED + Frames.HEADER_SIZE;

  private static final long NANOS_PER_QUARTER_MIB = 1_000_000_000L;

  private final ByteDuplex duplex;
  private final RecordSealer sealer;
  private final Supplier<@Nullable PeerException> fault;
  private final Events events;
  private final @Nullable Reservation reservation;
  private final @Nullable RefreshableTimeout stall;
  private final long stallNanos;

  private @Nullable Subscription payloads;

  /** Who is to be told once what is sealed and not handed to the transport yet is written. */
  private Owners pending = new Owners();

  /** Bytes that the transport was given and has not written. */
  private long handed;

  /** Packets of sends that are sealed and not on the wire. */
  private int unwritten;

  /** How much of {@link #outstanding()} the budget has been told of. */
  private long counted;

  /** What was sealed since the event loop last looked after others. */
  private long inARow;

  private boolean asking;
  private boolean flushScheduled;
  private boolean deferred;
  private State state = State.WRITING;

  /** Where it is; each only once. */
  private enum State {
    /** There may be more payloads. */
    WRITING,
    /** There are no more payloads, but not all are on the wire. */
    COMPLETED,
    /** All are on the wire. */
    DRAINED,
    /** Nothing more can be sealed or written. */
    FAILED
  }

  /** What a writer tells; on the duplex's scheduler. */
  interface Events {

    /** Some packet is on the wire. */
    void written();

    /** The payloads have completed, and all are on the wire. */
    void drained();

    /** Sealing or writing failed, or the payloads did; once. */
    void failed(Throwable failure);
  }

  /** Whose payloads go in one write, in their order. */
  private static final class Owners {

    private final List<Run> runs = new ArrayList<>();
    private final List<Runnable> controls = new ArrayList<>(0);
    private int packets;

    /** Some payloads in a row that one send owns. */
    private static final class Run {
      private final PendingSend<?> owner;
      private int payloads = 1;

      Run(PendingSend<?> owner) {
        this.owner = owner;
      }
    }

    void add(PendingSend<?> owner) {
      packets++;
      Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
      if (last != null && last.owner == owner) {
        last.payloads++;
      } else {
        runs.add(new Run(owner));
      }
    }

    void written() {
      for (Run run : runs) {
        run.owner.written(run.payloads);
      }
      controls.forEach(Runnable::run);
    }
  }

  /**
   * A writer, to be subscribed to the payloads.
   *
   * @param sealer destroyed when the payloads have ended
   * @param writeTimeout how long the transport may take nothing; zero for ever
   * @param reservation what the connection holds of its budget; null for no budget
   * @param fault why the payloads have completed, if the records have to say so
   */
  RecordWriter(
      ByteDuplex duplex,
      RecordSealer sealer,
      Duration writeTimeout,
      @Nullable Reservation reservation,
      Supplier<@Nullable PeerException> fault,
      Events events) {
    this.duplex = duplex;
    this.sealer = sealer;
    this.reservation = reservation;
    this.fault = fault;
    this.events = events;
    this.stallNanos = writeTimeout.toNanos();
    this.stall =
        writeTimeout.isZero()
            ? null
            : RefreshableTimeout.suspended(duplex.scheduler(), writeTimeout, this::stalled);
  }

  @Override
  public void onSubscribe(Subscription s) {
    payloads = s;
    requestIfRoom();
  }

  @Override
  public void onNext(Outgoing next) {
    asking = false;
    ByteBuf payload = next.payload();
    PendingSend<?> owner = next.owner();
    if (owner != null) {
      unwritten++;
    }
    if (state != State.FAILED && !sealer.hasRoomFor(payload.readableBytes())) {
      flush();
    }
    if (state == State.FAILED) {
      payload.release();
      return;
    }
    int before = sealer.pending();
    sealer.add(payload);
    if (owner != null) {
      pending.add(owner);
    }
    inARow += sealer.pending() - before;
    count();
    scheduleFlush();
    requestIfRoom();
  }

  /**
   * Says something beside payloads: at once, ahead of those that wait, and also when the window is
   * full.
   *
   * @param what is said
   * @param whenWritten runs once it is on the wire
   * @return false if nothing can be said any more, or in such records
   */
  boolean say(Consumer<ControlSealer> what, Runnable whenWritten) {
    ControlSealer control = sealer.control();
    if (control == null || state != State.WRITING) {
      return false;
    }
    int before = sealer.pending();
    try {
      what.accept(control);
    } catch (RuntimeException e) {
      fail(e);
      return false;
    }
    pending.controls.add(whenWritten);
    inARow += sealer.pending() - before;
    count();
    scheduleFlush();
    return true;
  }

  private void scheduleFlush() {
    if (!flushScheduled) {
      flushScheduled = true;
      duplex
          .scheduler()
          .schedule(
              () -> {
                flushScheduled = false;
                flush();
              });
    }
  }

  private void flush() {
    if (sealer.pending() == 0) {
      return;
    }
    ByteBuf records = sealer.flush();
    int bytes = records.readableBytes();
    Owners owners = pending;
    pending = new Owners();
    boolean first = handed == 0;
    handed += bytes;
    if (first) {
      awaitProgress();
    }
    duplex.write(records, failure -> whenWritten(bytes, owners, failure));
  }

  private void whenWritten(int bytes, Owners owners, @Nullable Throwable failure) {
    if (failure != null) {
      fail(failure);
      return;
    }
    handed -= bytes;
    unwritten -= owners.packets;
    if (reservation != null && counted > 0) {
      reservation.written();
    }
    count();
    awaitProgress();
    if (owners.packets > 0) {
      events.written();
    }
    owners.written();
    requestIfRoom();
    endIfDrained();
  }

  /** Tells the budget in steps of a window, so that it is not called for each packet. */
  private void count() {
    Reservation counting = reservation;
    if (counting == null) {
      return;
    }
    long outstanding = outstanding();
    long now = outstanding <= UNCOUNTED ? 0 : Math.max(WINDOW, outstanding);
    if (now != counted) {
      counted = now;
      counting.writing(now);
    }
  }

  private void awaitProgress() {
    RefreshableTimeout running = stall;
    if (running == null) {
      return;
    }
    if (handed == 0) {
      running.suspend();
    } else {
      running.refresh(stallNanos + handed * NANOS_PER_QUARTER_MIB / (256 * 1024));
    }
  }

  private void stalled() {
    fail(
        new PeerTimeoutException(
            Reason.WRITE_STALLED,
            "the peer has taken nothing for a while of %,d bytes that are on their way"
                .formatted(handed)));
  }

  private void requestIfRoom() {
    Subscription s = payloads;
    // One at a time, so that the window is passed by one payload's records at most.
    if (s == null || asking || state != State.WRITING || isWindowFull()) {
      return;
    }
    if (inARow >= WINDOW) {
      // A peer that takes all at once would have the event loop for itself.
      defer();
      return;
    }
    asking = true;
    s.request(1);
  }

  private boolean isWindowFull() {
    long outstanding = outstanding();
    return outstanding >= WINDOW
        || (outstanding >= SMALL_WINDOW && reservation != null && reservation.isExhausted());
  }

  private void defer() {
    if (!deferred) {
      deferred = true;
      duplex.defer(
          () -> {
            deferred = false;
            inARow = 0;
            requestIfRoom();
          });
    }
  }

  @Override
  public void onError(Throwable t) {
    fail(t);
  }

  @Override
  public void onComplete() {
    if (state == State.FAILED) {
      return;
    }
    ControlSealer control = sealer.control();
    PeerException why = fault.get();
    if (control != null) {
      control.end(why == null ? null : SessionFailures.problem(why));
    }
    state = State.COMPLETED;
    flush();
    if (control == null && why != null) {
      breakOff();
    }
    endIfDrained();
  }

  /** A stream that ends here is no end in good order, and all before it is whole. */
  private void breakOff() {
    ByteBuf begun = duplex.allocator().buffer(1).writeByte(0);
    Owners nobody = new Owners();
    handed++;
    duplex.write(begun, failure -> whenWritten(1, nobody, failure));
  }

  private void endIfDrained() {
    if (state == State.COMPLETED && outstanding() == 0) {
      state = State.DRAINED;
      releaseTimer();
      sealer.destroy();
      events.drained();
    }
  }

  /** The bytes of records that are not on the wire; after a failure, those that never were. */
  long outstanding() {
    return handed + sealer.pending();
  }

  /** How many packets of sends are in these records. */
  int unwritten() {
    return unwritten;
  }

  private void fail(Throwable failure) {
    if (state == State.DRAINED || state == State.FAILED) {
      return;
    }
    state = State.FAILED;
    // What was sealed and never handed over is lost as well.
    handed = outstanding();
    releaseTimer();
    sealer.destroy();
    events.failed(failure);
  }

  /** A timer that runs on would keep the session in memory until it fires. */
  private void releaseTimer() {
    RefreshableTimeout running = stall;
    if (running != null) {
      running.dispose();
    }
  }
}
