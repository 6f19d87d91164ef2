package io.fluxwire.session;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/**
 * Merges all sends of a connection into the one stream of payloads that is sealed: sends take
 * turns, packet by packet, and each learns when its last packet is written. By hand, since a {@code
 * merge} completes when its sources do, not when their packets are written, and holds encoded
 * buffers.
 *
 * <p>Packets are encoded when it is their turn, on the connection's scheduler, so that nothing but
 * the application's own packets waits in a queue, {@link #PREFETCH} of each send at most. All state
 * but what is volatile or concurrent belongs to the drain loop there.
 */
final class SendMerge extends Flux<ByteBuf> implements Subscription {

  /** How far ahead of the socket a source is asked: enough to fill a batch of small packets. */
  static final int PREFETCH = 128;

  private final Scheduler.Worker worker;
  private final AtomicInteger wip = new AtomicInteger();
  private final AtomicLong requested = new AtomicLong();
  private final Queue<Send<?>> added = new ConcurrentLinkedQueue<>();
  private final List<Send<?>> active = new ArrayList<>();

  /** Have handed over all, but not all of it is on the wire yet. */
  private final Deque<Send<?>> unwritten = new ArrayDeque<>();

  private @Nullable CoreSubscriber<? super ByteBuf> downstream;
  private int turn;
  private long emitted;

  /** Payloads that no source handed over: the last words. */
  private int own;

  /** Packets that were dropped before they were encoded, since the connection ended. */
  private long lost;

  private volatile long written;
  private volatile @Nullable PeerException finishing;
  private volatile @Nullable PeerException finishingWhenIdle;
  private final AtomicReference<@Nullable ByteBuf> lastWords = new AtomicReference<>();
  private volatile @Nullable PeerException broken;
  private boolean completed;

  SendMerge(Scheduler scheduler) {
    this.worker = scheduler.createWorker();
  }

  /** A send: completes when all packets are written. */
  <T> Mono<Void> send(Publisher<? extends T> packets, Function<? super T, ByteBuf> encoder) {
    return Mono.create(
        sink -> {
          Send<T> send = new Send<>(this, encoder, sink);
          sink.onCancel(send::cancelled);
          added.add(send);
          Flux.from(packets).subscribe(send);
          signal();
        });
  }

  /** Tells how many payloads of this stream are on the wire. */
  void written(long count) {
    written = count;
    signal();
  }

  /**
   * No more from any source; what they handed over goes out, then this completes.
   *
   * @param reason what unfinished sends error with
   */
  void finish(PeerException reason) {
    finishing = reason;
    signal();
  }

  /**
   * As {@link #finish}, once no source has more: at once if there is none.
   *
   * @param reason what later sends error with
   */
  void finishWhenIdle(PeerException reason) {
    finishingWhenIdle = reason;
    signal();
  }

  /** As {@link #finish}, but what waits is dropped in favour of one last payload. */
  void finishWith(ByteBuf payload, PeerException reason) {
    lastWords.set(payload);
    finish(reason);
  }

  /** Nothing more can be written: every send errors, now and later. */
  void abort(PeerException reason) {
    broken = reason;
    signal();
  }

  /** How many packets sources handed over that are not on the wire, in the drain loop's thread. */
  long undelivered() {
    // The last words come last: while they are on their way, so may be what came before.
    return lost + Math.max(0, emitted - own - written);
  }

  @Override
  public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
    downstream = actual;
    actual.onSubscribe(this);
    signal();
  }

  @Override
  public void request(long n) {
    if (Operators.validate(n)) {
      requested.accumulateAndGet(n, Operators::addCap);
      signal();
    }
  }

  /** Sealing failed; the writer that hears of it ends the link, which aborts this. */
  @Override
  public void cancel() {}

  /** Takes back a send that got a packet after it was over. */
  void adoptLate(Send<?> send) {
    added.add(send);
    signal();
  }

  void signal() {
    if (wip.getAndIncrement() == 0) {
      try {
        worker.schedule(this::drain);
      } catch (RejectedExecutionException e) {
        // The event loop is gone, and with it whoever else could drain.
        drain();
      }
    }
  }

  private void drain() {
    int missed = 1;
    do {
      try {
        advance();
      } catch (RuntimeException | Error e) {
        // Thrown on, it would leave all of them waiting for a loop that never runs again.
        breakOff(e);
      }
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
  }

  private void advance() {
    adopt();
    PeerException failure = broken;
    if (failure != null) {
      failAll(failure);
      return;
    }
    PeerException end = finishing;
    if (end != null) {
      active.forEach(send -> send.finish(end));
    }
    emit();
    settle();
    completeIfDone();
  }

  /** The writer that hears of it ends the link, which aborts this. */
  private void breakOff(Throwable cause) {
    CoreSubscriber<? super ByteBuf> to = downstream;
    if (completed || to == null) {
      failAll(Link.asPeerException(cause));
    } else {
      completed = true;
      to.onError(cause);
    }
  }

  private void adopt() {
    for (Send<?> send = added.poll(); send != null; send = added.poll()) {
      active.add(send);
    }
  }

  private void emit() {
    CoreSubscriber<? super ByteBuf> to = downstream;
    if (to == null || completed) {
      return;
    }
    if (lastWords.get() != null) {
      active.forEach(send -> lost += send.drop());
    }
    int idle = 0;
    while (idle < active.size() && emitted != requested.get() && broken == null) {
      // Where the last loop ended: one packet's demand at a time must not favour the first send.
      turn = turn < active.size() ? turn : 0;
      Send<?> send = active.get(turn++);
      ByteBuf payload = send.next();
      if (payload == null) {
        idle++;
      } else {
        idle = 0;
        send.gavePayload(++emitted);
        to.onNext(payload);
      }
    }
  }

  /** Ends the sends that have nothing left to hand over, and those whose last payload is out. */
  private void settle() {
    for (int i = 0; i < active.size(); i++) {
      Send<?> send = active.get(i);
      send.dropIfOver();
      if (send.isExhausted()) {
        unwritten.add(send);
        active.remove(i--);
      }
    }
    for (int i = unwritten.size(); i > 0; i--) {
      Send<?> send = unwritten.remove();
      if (send.isWritten(written)) {
        send.end(null);
      } else {
        unwritten.add(send);
      }
    }
  }

  private void completeIfDone() {
    CoreSubscriber<? super ByteBuf> to = downstream;
    PeerException end = finishing == null ? finishingWhenIdle : finishing;
    if (completed || end == null || to == null || !active.isEmpty()) {
      return;
    }
    if (lastWords.get() != null && emitted == requested.get()) {
      return;
    }
    completed = true;
    finishing = end;
    ByteBuf last = lastWords.getAndSet(null);
    if (last != null) {
      emitted++;
      own++;
      to.onNext(last);
    }
    to.onComplete();
  }

  private void failAll(PeerException failure) {
    active.forEach(send -> lost += send.fail(failure));
    active.clear();
    unwritten.forEach(send -> send.end(failure));
    unwritten.clear();
    ByteBuf last = lastWords.getAndSet(null);
    if (last != null) {
      last.release();
    }
    CoreSubscriber<? super ByteBuf> to = downstream;
    if (!completed && to != null) {
      completed = true;
      to.onError(failure);
    }
  }

  /** What a send errors with when the connection ended in good order before it was done. */
  static ConnectionClosedException closed(Reason reason) {
    return new ConnectionClosedException(
        reason,
        reason == Reason.CLOSED_LOCALLY
            ? "this side closed the connection before all was sent"
            : "the peer closed the connection before all was sent");
  }
}
