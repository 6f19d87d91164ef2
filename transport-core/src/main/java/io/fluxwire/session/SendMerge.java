package io.fluxwire.session;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
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
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

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
  private volatile long written;
  private volatile @Nullable PeerException finishing;
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
          Send<T> send = new Send<>(encoder, sink);
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
      adopt();
      PeerException failure = broken;
      if (failure != null) {
        failAll(failure);
      } else {
        PeerException end = finishing;
        if (end != null) {
          active.forEach(send -> send.finish(end));
        }
        emit();
        settle();
        completeIfDone();
      }
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
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
      active.forEach(Send::drop);
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
        send.lastPayload = ++emitted;
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
      if (send.lastPayload > written) {
        unwritten.add(send);
      } else {
        send.end(null);
      }
    }
  }

  private void completeIfDone() {
    CoreSubscriber<? super ByteBuf> to = downstream;
    if (completed || finishing == null || to == null || !active.isEmpty()) {
      return;
    }
    if (lastWords.get() != null && emitted == requested.get()) {
      return;
    }
    completed = true;
    ByteBuf last = lastWords.getAndSet(null);
    if (last != null) {
      emitted++;
      to.onNext(last);
    }
    to.onComplete();
  }

  private void failAll(PeerException failure) {
    active.forEach(send -> send.fail(failure));
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

  /** One subscription of one {@code send}. */
  private final class Send<T> implements CoreSubscriber<T> {

    private final Function<? super T, ByteBuf> encoder;
    private final MonoSink<Void> sink;
    private final Queue<T> queue = Queues.<T>get(PREFETCH).get();
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile @Nullable Subscription source;
    private volatile boolean done;
    private volatile @Nullable Throwable error;
    private int taken;
    private long lastPayload;

    Send(Function<? super T, ByteBuf> encoder, MonoSink<Void> sink) {
      this.encoder = encoder;
      this.sink = sink;
    }

    @Override
    public void onSubscribe(Subscription s) {
      source = s;
      if (over.get()) {
        s.cancel();
      } else {
        s.request(PREFETCH);
      }
    }

    @Override
    public void onNext(T packet) {
      if (over.get() || !queue.offer(packet)) {
        release(packet);
      } else if (over.get()) {
        // Too late for the drain loop to have seen it.
        added.add(this);
        signal();
      } else {
        signal();
      }
    }

    @Override
    public void onError(Throwable t) {
      if (done) {
        Operators.onErrorDropped(t, currentContext());
        return;
      }
      error = t;
      onComplete();
    }

    @Override
    public void onComplete() {
      done = true;
      signal();
    }

    @Override
    public Context currentContext() {
      return Context.of(sink.contextView());
    }

    void cancelled() {
      over.set(true);
      cancelSource();
      done = true;
      signal();
    }

    /** The next payload; null when there is none now. */
    @Nullable ByteBuf next() {
      if (over.get()) {
        return null;
      }
      T packet = queue.poll();
      if (packet == null) {
        return null;
      }
      replenish();
      try {
        return encoder.apply(packet);
      } catch (RuntimeException e) {
        cancelSource();
        drop();
        error = e;
        done = true;
        return null;
      }
    }

    private void replenish() {
      Subscription s = source;
      if (++taken == PREFETCH - PREFETCH / 4 && s != null) {
        s.request(taken);
        taken = 0;
      }
    }

    /** The source gives no more; if it was not done, that is an error. */
    void finish(PeerException reason) {
      if (!done) {
        error = reason;
        done = true;
        cancelSource();
      }
    }

    void dropIfOver() {
      if (over.get()) {
        drop();
      }
    }

    void drop() {
      for (T packet = queue.poll(); packet != null; packet = queue.poll()) {
        release(packet);
      }
    }

    boolean isExhausted() {
      return done && queue.isEmpty();
    }

    /** Tells the sender; what its source failed with comes first. */
    void end(@Nullable Throwable failure) {
      Throwable own = error;
      Throwable first = own == null ? failure : own;
      if (over.compareAndSet(false, true)) {
        if (first == null) {
          sink.success();
        } else {
          sink.error(first);
        }
      }
      drop();
    }

    void fail(PeerException failure) {
      cancelSource();
      done = true;
      end(failure);
    }

    private void cancelSource() {
      Subscription s = source;
      if (s != null) {
        s.cancel();
      }
    }

    private void release(T packet) {
      if (packet instanceof ReferenceCounted) {
        ReferenceCountUtil.release(packet);
      } else {
        Operators.onDiscard(packet, currentContext());
      }
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
