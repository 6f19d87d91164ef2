package io.fluxwire.channel;

import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.record.Incarnation;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Scheduler;

/**
 * Brings what has changed into the store: one write at a time, which holds all that has come since
 * the last one. All methods belong to the channel's loop.
 */
final class StoreWriter {

  /** How long to wait before a full store is tried again: 1 s. */
  static final long FULL_RETRY_MILLIS = 1_000;

  /** Who is told. */
  interface Owner {

    /** A write begins. */
    void writing();

    /** Packets were stored; they begin at a number. */
    void stored(List<byte[]> packets, long from);

    /** The store has no room, and will be tried again. */
    void full(ChannelStoreException failure);

    /** The store is of no use any more. */
    void broken(Throwable failure);
  }

  private final StoredChannel store;
  private final ChannelLoop loop;
  private final Scheduler timers;
  private final Owner owner;
  private final Disposable.Swap retry = Disposables.swap();
  private volatile ChannelState stored;
  private long first;
  private long received;
  private long skipped;
  private long attempt;
  private Incarnation peer;
  private @Nullable ChannelWrite writing;

  /** How many writes there were: an answer to another than the last is none. */
  private long turns;

  /** Packets that did not fit, and are to be tried again before any other. */
  private List<byte[]> held = List.of();

  /** The store is full: packets wait, but positions do not, since they are what makes room. */
  private boolean packetsWait;

  /** Not even positions fit. */
  private boolean allWaits;

  private boolean over;

  StoreWriter(StoredChannel store, ChannelLoop loop, Scheduler timers, Owner owner) {
    this.store = store;
    this.loop = loop;
    this.timers = timers;
    this.owner = owner;
    this.stored = store.state();
    this.first = stored.first();
    this.received = stored.received();
    this.skipped = stored.skipped();
    this.attempt = stored.attempt();
    this.peer = stored.peer();
  }

  /** What the store has for certain. */
  ChannelState stored() {
    return stored;
  }

  /** The newest attempt, stored or not. */
  long attempt() {
    return attempt;
  }

  /** The peer's incarnation as it was agreed on last, stored or not. */
  Incarnation peer() {
    return peer;
  }

  /** Whom the store knows, or will know if the write that is under way does not fail. */
  Incarnation peerInStore() {
    ChannelWrite now = writing;
    return now == null ? stored.peer() : now.peer();
  }

  void deleteBelow(long number) {
    first = Math.max(first, number);
  }

  /**
   * The peer's packets below a number are done with.
   *
   * @param skippedBefore how many of those directly below it the codec skipped
   */
  void raiseReceived(long number, long skippedBefore) {
    if (number > received) {
      received = number;
      skipped = skippedBefore;
    }
  }

  /** Sets the newest attempt to connect, and the peer's incarnation that goes with it. */
  void setAttempt(long newest, Incarnation other) {
    attempt = newest;
    peer = other;
  }

  /** Whether all that was given here is stored. */
  boolean isIdle() {
    return writing == null && held.isEmpty() && !isChanged();
  }

  /** Whether no write is under way. */
  boolean isQuiet() {
    return writing == null;
  }

  private boolean isChanged() {
    return first != stored.first()
        || received != stored.received()
        || attempt != stored.attempt()
        || !peer.equals(stored.peer());
  }

  /** Begins a write if there is anything to write and none is under way. */
  void advance(Supplier<List<byte[]>> newPackets) {
    if (writing != null || over || allWaits) {
      return;
    }
    List<byte[]> packets = packetsWait ? List.of() : held.isEmpty() ? newPackets.get() : held;
    if (packets.isEmpty() && !isChanged()) {
      return;
    }
    // Numbers that are not stored yet cannot have been acknowledged.
    write(new ChannelWrite(packets, first, received, skipped, attempt, peer));
  }

  private void write(ChannelWrite changes) {
    writing = changes;
    owner.writing();
    ForeignSource.mono("a channel's store", () -> store.write(changes))
        .subscribe(new Answer(++turns, changes));
  }

  /** What the store says of one write. */
  private final class Answer extends BaseSubscriber<Long> {

    private final long turn;
    private final ChannelWrite changes;
    private boolean given;

    Answer(long turn, ChannelWrite changes) {
      this.turn = turn;
      this.changes = changes;
    }

    @Override
    protected void hookOnNext(Long bytes) {
      given = true;
      loop.execute(() -> written(turn, changes, bytes));
    }

    @Override
    protected void hookOnError(Throwable failure) {
      loop.execute(() -> failed(turn, changes, failure));
    }

    @Override
    protected void hookOnComplete() {
      if (!given) {
        hookOnError(new IllegalStateException("it does not say what it keeps"));
      }
    }
  }

  /** Whether an answer is the first one to the write that is under way. */
  private boolean answers(long turn) {
    return writing != null && turn == turns;
  }

  private void written(long turn, ChannelWrite changes, long bytes) {
    if (!answers(turn)) {
      return;
    }
    writing = null;
    if (!changes.packets().isEmpty()) {
      held = List.of();
    } else if (changes.first() > stored.first()) {
      packetsWait = false;
    }
    long from = stored.next();
    stored = changes.after(stored, bytes);
    if (!over) {
      owner.stored(changes.packets(), from);
    }
  }

  private void failed(long turn, ChannelWrite changes, Throwable failure) {
    if (!answers(turn)) {
      return;
    }
    writing = null;
    if (over) {
      return;
    }
    if (failure instanceof ChannelStoreException known && known.kind() == Kind.FULL) {
      packetsWait = true;
      if (changes.packets().isEmpty()) {
        allWaits = true;
      } else {
        held = changes.packets();
      }
      owner.full(known);
      Runnable task = () -> loop.execute(this::tryAgain);
      retry.update(timers.schedule(task, FULL_RETRY_MILLIS, TimeUnit.MILLISECONDS));
    } else {
      owner.broken(failure);
    }
  }

  private void tryAgain() {
    packetsWait = false;
    allWaits = false;
  }

  /** Writes nothing more. */
  void end() {
    over = true;
    retry.dispose();
  }
}
