package io.fluxwire.channel;

import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.Wakeups;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * One subscription of one {@code send}: what its source handed over and is not stored yet. The
 * source signals on any thread; all else belongs to the channel's loop.
 */
final class ChannelSend<P> implements CoreSubscriber<P>, Wakeups.Sleeper {

  /** How many packets a source is asked for ahead of the store. */
  static final int PREFETCH = 64;

  private final Sending<P> sending;
  private final MonoSink<Long> sink;
  private final Queue<P> queue = Queues.<P>get(PREFETCH).get();
  private final AtomicBoolean awake = new AtomicBoolean();
  private final AtomicBoolean told = new AtomicBoolean();
  private volatile @Nullable Subscription source;
  private volatile boolean done;
  private volatile @Nullable Throwable error;
  private int taken;

  /** The number behind its last packet, as far as they have numbers. */
  private long end;

  private boolean waits;
  private boolean begun;

  ChannelSend(Sending<P> sending, MonoSink<Long> sink) {
    this.sending = sending;
    this.sink = sink;
  }

  @Override
  public void onSubscribe(Subscription s) {
    source = s;
    if (done || told.get()) {
      s.cancel();
    } else {
      request(s, PREFETCH);
    }
  }

  private void request(Subscription s, int count) {
    try {
      s.request(count);
    } catch (Throwable thrown) {
      cancelSource();
      onError(thrown);
    }
  }

  @Override
  public void onNext(P packet) {
    if (done || told.get()) {
      release(packet);
    } else if (queue.offer(packet)) {
      sending.wake(this);
    } else {
      release(packet);
      cancelSource();
      onError(
          Exceptions.failWithOverflow("a source gave more than the packets that it was asked for"));
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
    sending.wake(this);
  }

  @Override
  public AtomicBoolean isAwake() {
    return awake;
  }

  @Override
  public Context currentContext() {
    return Context.of(sink.contextView());
  }

  /** Its subscriber does not want to know any more; what it handed over may be stored or not. */
  void cancel() {
    told.set(true);
    cancelSource();
    onComplete();
  }

  /** Whether it is seen for the first time. */
  boolean begins() {
    boolean first = !begun;
    begun = true;
    return first;
  }

  /** Whether it has its place among those that wait for their turn. */
  boolean waits() {
    return waits;
  }

  void setWaits(boolean whether) {
    waits = whether;
  }

  boolean hasPackets() {
    return !told.get() && !queue.isEmpty();
  }

  boolean isExhausted() {
    return told.get() || (done && queue.isEmpty());
  }

  boolean isTold() {
    return told.get();
  }

  /** Its next packet, which gets a number; null when there is none now. */
  @Nullable P next() {
    P packet = told.get() ? null : queue.poll();
    Subscription s = source;
    if (packet != null && ++taken == PREFETCH - PREFETCH / 4 && s != null) {
      int again = taken;
      taken = 0;
      request(s, again);
    }
    return packet;
  }

  void setEnd(long number) {
    end = number;
  }

  long end() {
    return end;
  }

  /** Its source gives no more; if it was not done, that is an error. */
  void drain(Throwable why) {
    if (!done) {
      error = why;
      done = true;
      cancelSource();
      sending.wake(this);
    }
  }

  /** No packet of it is taken any more. */
  void fail(Throwable failure) {
    if (error == null) {
      error = failure;
    }
    done = true;
    cancelSource();
    release();
  }

  /** Tells who sends; what its source or a packet failed with comes first. */
  void complete(@Nullable Throwable failure) {
    Throwable own = error;
    Throwable first = own == null ? failure : own;
    if (told.compareAndSet(false, true)) {
      Callbacks.run(
          "who sent packets",
          () -> {
            if (first == null) {
              sink.success(end);
            } else {
              sink.error(first);
            }
          });
    }
    release();
  }

  private void cancelSource() {
    Subscription s = source;
    if (s != null) {
      Callbacks.run("cancelling a source of packets", s::cancel);
    }
  }

  /** Drops what waits. */
  void release() {
    for (P packet = queue.poll(); packet != null; packet = queue.poll()) {
      release(packet);
    }
  }

  private void release(P packet) {
    if (packet instanceof ReferenceCounted) {
      Callbacks.run("releasing a packet", () -> ReferenceCountUtil.release(packet));
    } else {
      Operators.onDiscard(packet, currentContext());
    }
  }
}
