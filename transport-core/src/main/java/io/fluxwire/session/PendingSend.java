package io.fluxwire.session;

import io.fluxwire.PeerException;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.Wakeups;
import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * One subscription of one {@code send}: what its source handed over and what is not encoded yet.
 * The source signals on any thread; all else happens in {@link SendQueue}'s drain loop.
 */
final class PendingSend<T> implements CoreSubscriber<T>, Wakeups.Sleeper {

  /** What the drain loop knows of a send. */
  enum State {
    /** It has not been looked at. */
    NEW,
    /** All that it handed over is encoded; there may be more. */
    IDLE,
    /** It has packets, and waits for its turn. */
    READY,
    /** It has handed over all, of which something is not on the wire yet. */
    WRITING,
    /** Its sender has been told how it ended, or does not want to know. */
    DONE
  }

  private final SendQueue sends;
  private final Function<? super T, ByteBuf> encoder;
  private final MonoSink<Void> sink;
  private final Queue<T> queue = Queues.<T>get(SendQueue.PREFETCH).get();
  private final AtomicBoolean awake = new AtomicBoolean();
  private final AtomicBoolean told = new AtomicBoolean();
  private volatile @Nullable Subscription source;
  private volatile boolean done;
  private volatile @Nullable Throwable error;
  private State state = State.NEW;
  private int taken;

  /** A packet could not be encoded, and none that follows it may be sent. */
  private boolean failed;

  /** The payloads that it handed over and that are not on the wire. */
  private final AtomicInteger unwritten = new AtomicInteger();

  PendingSend(SendQueue sends, Function<? super T, ByteBuf> encoder, MonoSink<Void> sink) {
    this.sends = sends;
    this.encoder = encoder;
    this.sink = sink;
  }

  @Override
  public void onSubscribe(Subscription s) {
    source = s;
    if (done || told.get()) {
      s.cancel();
    } else {
      request(s, SendQueue.PREFETCH);
    }
  }

  /** Requests packets; a source that throws has failed. */
  private void request(Subscription s, int count) {
    try {
      s.request(count);
    } catch (Throwable thrown) {
      cancelSource();
      onError(thrown);
    }
  }

  @Override
  public void onNext(T packet) {
    if (done || told.get()) {
      release(packet);
      return;
    }
    if (!queue.offer(packet)) {
      release(packet);
      cancelSource();
      onError(
          Exceptions.failWithOverflow("a source gave more than the packets that it was asked for"));
      return;
    }
    sends.wake(this);
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
    sends.wake(this);
  }

  @Override
  public AtomicBoolean isAwake() {
    return awake;
  }

  @Override
  public Context currentContext() {
    return Context.of(sink.contextView());
  }

  void cancelled() {
    told.set(true);
    cancelSource();
    done = true;
    sends.wake(this);
  }

  State state() {
    return state;
  }

  void state(State next) {
    state = next;
  }

  /** The next payload; null when there is none now. */
  @Nullable ByteBuf next() {
    if (failed || told.get()) {
      return null;
    }
    T packet = queue.poll();
    if (packet == null) {
      return null;
    }
    replenish();
    try {
      return encoder.apply(packet);
    } catch (Throwable e) {
      failed = true;
      error = e;
      done = true;
      cancelSource();
      release();
      return null;
    }
  }

  private void replenish() {
    Subscription s = source;
    if (++taken == SendQueue.PREFETCH - SendQueue.PREFETCH / 4 && s != null) {
      int again = taken;
      taken = 0;
      request(s, again);
    }
  }

  /** The source gives no more; if it was not done, that is an error. */
  void drain(PeerException reason) {
    if (!done) {
      error = reason;
      done = true;
      cancelSource();
    }
  }

  /**
   * Drops what was handed over, since an error packet replaces it. Returns how many packets that
   * were.
   */
  int replaced(PeerException reason) {
    int dropped = release();
    if (dropped > 0 && error == null) {
      error = reason;
    }
    return dropped;
  }

  /** Whether the sender has been told how it ended, or does not want to know. */
  boolean isTold() {
    return told.get();
  }

  boolean hasPackets() {
    return !failed && !queue.isEmpty();
  }

  /** Releases the packets that wait. Returns how many there were. */
  int release() {
    int dropped = 0;
    for (T packet = queue.poll(); packet != null; packet = queue.poll()) {
      release(packet);
      dropped++;
    }
    return dropped;
  }

  /** One of its payloads is on its way. */
  void handedOver() {
    unwritten.incrementAndGet();
  }

  /** So many of its payloads are on the wire now. */
  void written(int payloads) {
    // Whoever sets `done` later wakes the loop itself.
    if (unwritten.addAndGet(-payloads) == 0 && done) {
      sends.wake(this);
    }
  }

  boolean isWritten() {
    return unwritten.get() == 0;
  }

  boolean isExhausted() {
    return done && (failed || queue.isEmpty());
  }

  /**
   * Tells the sender; what its source failed with comes first. Returns how many packets it drops
   * that the sender had not given up.
   */
  int complete(@Nullable Throwable failure) {
    Throwable own = error;
    Throwable first = own == null ? failure : own;
    boolean tells = told.compareAndSet(false, true);
    if (tells) {
      Callbacks.run(
          "who sent packets",
          () -> {
            if (first == null) {
              sink.success();
            } else {
              sink.error(first);
            }
          });
    }
    int dropped = release();
    return tells ? dropped : 0;
  }

  int abort(PeerException failure) {
    // Set first: onSubscribe looks at it, so that a source that comes later cancels itself.
    done = true;
    cancelSource();
    return complete(failure);
  }

  private void cancelSource() {
    Subscription s = source;
    if (s != null) {
      Callbacks.run("cancelling a source of packets", s::cancel);
    }
  }

  private void release(T packet) {
    if (packet instanceof ReferenceCounted) {
      Callbacks.run("releasing a packet", () -> ReferenceCountUtil.release(packet));
    } else {
      Operators.onDiscard(packet, currentContext());
    }
  }
}
