package io.fluxwire.session;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.Wakeups;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
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
  private final Wakeups<Send<?>> news = new Wakeups<>();

  /** May hand over more, or wait for their turn: those that have to be told when there is none. */
  private final Set<Send<?>> open = new LinkedHashSet<>();

  /** Those that have packets, in the order of their turns, and {@link #gone} that have left. */
  private final Deque<Send<?>> ready = new ArrayDeque<>();

  private int gone;

  /** Have handed over all, but not all of it is on the wire yet; what is written first, first. */
  private final Queue<Send<?>> unwritten =
      new PriorityQueue<>(Comparator.comparingLong(Send::lastPayload));

  private @Nullable CoreSubscriber<? super ByteBuf> downstream;
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

  /** What open sends were told when {@link #finishing} was seen. */
  private @Nullable PeerException told;

  SendMerge(Scheduler scheduler) {
    this.worker = scheduler.createWorker();
  }

  /** A send: completes when all packets are written. */
  <T> Mono<Void> send(Publisher<? extends T> packets, Function<? super T, ByteBuf> encoder) {
    return Mono.create(
        sink -> {
          Send<T> send = new Send<>(this, encoder, sink);
          sink.onCancel(send::cancelled);
          wake(send);
          try {
            Flux.from(packets).subscribe(send);
          } catch (Throwable thrown) {
            send.onError(thrown);
          }
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

  /** How many sends wait for their turn, for tests: those included that have left and are here. */
  int waiting() {
    return ready.size();
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

  /** There is news of a send. */
  void wake(Send<?> send) {
    news.wake(send);
    signal();
  }

  private void signal() {
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
    hear();
    PeerException failure = broken;
    if (failure != null) {
      failAll(failure);
      return;
    }
    finishOpen();
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

  /** Looks at the sends of which there is news, and at no other. */
  private void hear() {
    for (Send<?> send = news.next(); send != null; send = news.next()) {
      if (send.state() == Send.State.NEW) {
        send.state(Send.State.IDLE);
        open.add(send);
        PeerException end = told;
        if (end != null) {
          send.finish(end);
        }
      }
      if (send.isOver() || send.state() == Send.State.DONE) {
        send.drop();
        leave(send);
      } else {
        if (lastWords.get() != null) {
          lost += send.drop();
        }
        queueUp(send);
      }
    }
  }

  /** An idle one gets its turn if it has packets, and is done if it has none and never will. */
  private void queueUp(Send<?> send) {
    if (send.state() == Send.State.IDLE && send.hasPackets()) {
      send.state(Send.State.READY);
      ready.add(send);
    } else if (send.isExhausted()) {
      handedOver(send);
    }
  }

  private void handedOver(Send<?> send) {
    leave(send);
    if (send.lastPayload() > written) {
      unwritten.add(send);
    } else {
      send.end(null);
    }
  }

  private void leave(Send<?> send) {
    if (send.state() == Send.State.READY && ++gone > ready.size() / 2) {
      send.state(Send.State.DONE);
      ready.removeIf(one -> one.state() == Send.State.DONE);
      gone = 0;
    }
    send.state(Send.State.DONE);
    open.remove(send);
  }

  /** Once: what sources handed over up to now goes out still, unless there are last words. */
  private void finishOpen() {
    PeerException end = finishing;
    if (end == null || told != null) {
      return;
    }
    told = end;
    for (Send<?> send : List.copyOf(open)) {
      send.finish(end);
      if (lastWords.get() != null) {
        lost += send.drop();
      }
      if (send.isExhausted()) {
        handedOver(send);
      }
    }
  }

  private void emit() {
    CoreSubscriber<? super ByteBuf> to = downstream;
    if (to == null || completed) {
      return;
    }
    while (emitted != requested.get() && broken == null) {
      // Each time, or the packets of one that has just woken would wait for all that are here.
      hear();
      Send<?> send = ready.poll();
      if (send == null) {
        return;
      }
      if (send.state() == Send.State.DONE) {
        gone--;
        continue;
      }
      ByteBuf payload = send.next();
      if (payload != null) {
        send.gavePayload(++emitted);
        to.onNext(payload);
      }
      // At the end of the row: one packet's demand at a time must not favour the first send.
      send.state(Send.State.IDLE);
      queueUp(send);
    }
  }

  /** Ends the sends whose last payload is out. */
  private void settle() {
    for (Send<?> send = unwritten.peek();
        send != null && send.lastPayload() <= written;
        send = unwritten.peek()) {
      unwritten.remove();
      send.end(null);
    }
  }

  private void completeIfDone() {
    CoreSubscriber<? super ByteBuf> to = downstream;
    PeerException end = finishing == null ? finishingWhenIdle : finishing;
    if (completed || end == null || to == null || !open.isEmpty()) {
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
    for (Send<?> send : open) {
      send.state(Send.State.DONE);
      lost += send.fail(failure);
    }
    open.clear();
    ready.clear();
    gone = 0;
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
