package io.fluxwire.session;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.DrainLoop;
import io.fluxwire.internal.Wakeups;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
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
 * Merges all sends of a connection into one stream of payloads, each with the send that owns it:
 * sends take turns, packet by packet, and each learns when its last packet is written. By hand,
 * since a {@code merge} completes when its sources do, not when their packets are written, and
 * holds encoded buffers.
 *
 * <p>Packets are encoded when it is their turn, on the connection's scheduler, so that nothing but
 * the application's own packets waits in a queue, {@link #PREFETCH} of each send at most. All state
 * but what is volatile or concurrent belongs to the drain loop there.
 */
final class SendQueue extends Flux<Outgoing> implements Subscription {

  /** How far ahead of the socket a source is asked: enough to fill a batch of small packets. */
  static final int PREFETCH = 128;

  private final Scheduler.Worker worker;
  private final DrainLoop loop = new DrainLoop(this::advance, this::fail);
  private final AtomicLong requested = new AtomicLong();
  private final Wakeups<PendingSend<?>> news = new Wakeups<>();

  /** Those that may hand over more, or wait for their turn. */
  private final Set<PendingSend<?>> open = new LinkedHashSet<>();

  /** Those that have packets, in the order of their turns, and {@link #gone} that have left. */
  private final Deque<PendingSend<?>> ready = new ArrayDeque<>();

  private int gone;

  /** Those that have handed over all, of which something is not on the wire yet. */
  private final Set<PendingSend<?>> writing = new LinkedHashSet<>();

  private @Nullable CoreSubscriber<? super Outgoing> downstream;
  private long emitted;

  /** Packets that were dropped before they were encoded, since the connection ended. */
  private long lost;

  private final AtomicReference<@Nullable SendEnd> end = new AtomicReference<>();
  private boolean completed;

  /** Why this has completed; null before that, and where it was aborted. */
  private @Nullable SendEnd completedBy;

  /** What open sends were told once no more may come of them. */
  private @Nullable PeerException told;

  SendQueue(Scheduler scheduler) {
    this.worker = scheduler.createWorker();
  }

  /** A send: completes when all packets are written. */
  <T> Mono<Void> send(Publisher<? extends T> packets, Function<? super T, ByteBuf> encoder) {
    return Mono.create(
        sink -> {
          PendingSend<T> send = new PendingSend<>(this, encoder, sink);
          sink.onCancel(send::cancelled);
          wake(send);
          try {
            Flux.from(packets).subscribe(send);
          } catch (Throwable thrown) {
            send.onError(thrown);
          }
        });
  }

  /** Ends all sends, now and later ones; nothing changes if a harder end came before. */
  void end(SendEnd next) {
    SendEnd before =
        end.getAndUpdate(last -> last == null || last.rank() < next.rank() ? next : last);
    boolean taken = before == null || before.rank() < next.rank();
    SendEnd.LastPayload unsent = lastPayload(taken ? before : next);
    if (unsent != null) {
      unsent.release();
    }
    signal();
  }

  private static SendEnd.@Nullable LastPayload lastPayload(@Nullable SendEnd end) {
    return end instanceof SendEnd.Telling telling ? telling.last() : null;
  }

  /**
   * What the records have to tell the peer when the sends have completed; null if they have in good
   * order, or the last payload says it. In the drain loop's thread.
   */
  @Nullable PeerException fault() {
    return completedBy instanceof SendEnd.Telling telling && telling.last() == null
        ? telling.cause()
        : null;
  }

  /** How many packets were dropped before they were encoded, in the drain loop's thread. */
  long lost() {
    return lost;
  }

  /** How many sends wait for their turn, for tests: those included that have left and are here. */
  int waiting() {
    return ready.size();
  }

  @Override
  public void subscribe(CoreSubscriber<? super Outgoing> actual) {
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

  /** The writer failed; it tells the session, which ends this. */
  @Override
  public void cancel() {}

  /** There is news of a send. */
  void wake(PendingSend<?> send) {
    news.wake(send);
    signal();
  }

  private void signal() {
    if (loop.enter()) {
      try {
        worker.schedule(loop);
      } catch (RejectedExecutionException e) {
        // The event loop is gone, and with it whoever else could drain.
        loop.run();
      }
    }
  }

  private void advance() {
    hear();
    SendEnd ending = end.get();
    if (ending instanceof SendEnd.Abort abort) {
      abort(abort.cause());
      return;
    }
    if (ending != null && !(ending instanceof SendEnd.DrainWhenIdle)) {
      drainOpen(ending);
    }
    emit();
    completeIfDone();
  }

  /** The writer that hears of it ends the session, which aborts this. */
  private void fail(Throwable cause) {
    CoreSubscriber<? super Outgoing> to = downstream;
    if (completed || to == null) {
      abort(SessionFailures.of(cause));
    } else {
      completed = true;
      to.onError(cause);
    }
  }

  /** Looks at the sends of which there is news, and at no other. */
  private void hear() {
    for (PendingSend<?> send = news.next(); send != null; send = news.next()) {
      if (send.state() == PendingSend.State.NEW) {
        send.state(PendingSend.State.IDLE);
        open.add(send);
        PeerException cause = told;
        if (cause != null) {
          send.drain(cause);
        }
      }
      if (send.isTold() || send.state() == PendingSend.State.DONE) {
        send.release();
        leave(send);
      } else if (send.state() == PendingSend.State.WRITING) {
        endIfWritten(send);
      } else {
        replace(send);
        queueUp(send);
      }
    }
  }

  /** What waits is not sent any more if something replaces it. */
  private void replace(PendingSend<?> send) {
    if (end.get() instanceof SendEnd.Replace replace) {
      lost += send.replaced(replace.cause());
    }
  }

  /** An idle one gets its turn if it has packets, and is done if it has none and never will. */
  private void queueUp(PendingSend<?> send) {
    if (send.state() == PendingSend.State.IDLE && send.hasPackets()) {
      send.state(PendingSend.State.READY);
      ready.add(send);
    } else if (send.isExhausted()) {
      leave(send);
      send.state(PendingSend.State.WRITING);
      writing.add(send);
      endIfWritten(send);
    }
  }

  private void endIfWritten(PendingSend<?> send) {
    if (send.isWritten()) {
      leave(send);
      send.complete(null);
    }
  }

  private void leave(PendingSend<?> send) {
    if (send.state() == PendingSend.State.READY && ++gone > ready.size() / 2) {
      send.state(PendingSend.State.DONE);
      ready.removeIf(one -> one.state() != PendingSend.State.READY);
      gone = 0;
    }
    send.state(PendingSend.State.DONE);
    open.remove(send);
    writing.remove(send);
  }

  /** Once: what sources handed over up to now goes out still, unless something replaces it. */
  private void drainOpen(SendEnd ending) {
    if (told != null) {
      return;
    }
    told = ending.cause();
    for (PendingSend<?> send : List.copyOf(open)) {
      send.drain(ending.cause());
      replace(send);
      if (send.isExhausted()) {
        queueUp(send);
      }
    }
  }

  private void emit() {
    CoreSubscriber<? super Outgoing> to = downstream;
    if (to == null || completed) {
      return;
    }
    while (emitted != requested.get() && !(end.get() instanceof SendEnd.Abort)) {
      // Each time, or the packets of one that has just woken would wait for all that are here.
      hear();
      PendingSend<?> send = ready.poll();
      if (send == null) {
        return;
      }
      if (send.state() != PendingSend.State.READY) {
        gone--;
        continue;
      }
      ByteBuf payload = send.next();
      if (payload != null) {
        emitted++;
        send.handedOver();
        to.onNext(new Outgoing(payload, send));
      }
      // Back to the end of the row: one packet's demand at a time must not favour the first send.
      send.state(PendingSend.State.IDLE);
      queueUp(send);
    }
  }

  private void completeIfDone() {
    CoreSubscriber<? super Outgoing> to = downstream;
    SendEnd ending = end.get();
    if (ending instanceof SendEnd.Abort abort) {
      // The abort replaced a gentler end while this loop ran: to complete now would look like an
      // end
      // in good order.
      abort(abort.cause());
      return;
    }
    if (completed || ending == null || to == null || !open.isEmpty()) {
      return;
    }
    SendEnd.LastPayload why = lastPayload(ending);
    if (why != null && emitted == requested.get()) {
      return;
    }
    ByteBuf last = why == null ? null : why.take();
    if (why != null && last == null) {
      // An abort has released the last payload already. The next turn of this loop deals with it.
      return;
    }
    completed = true;
    completedBy = ending;
    told = ending.cause();
    if (last != null) {
      emitted++;
      to.onNext(new Outgoing(last, null));
    }
    to.onComplete();
  }

  private void abort(PeerException failure) {
    for (PendingSend<?> send : open) {
      send.state(PendingSend.State.DONE);
      lost += send.abort(failure);
    }
    open.clear();
    ready.clear();
    gone = 0;
    for (PendingSend<?> send : writing) {
      send.state(PendingSend.State.DONE);
      send.complete(failure);
    }
    writing.clear();
    CoreSubscriber<? super Outgoing> to = downstream;
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
