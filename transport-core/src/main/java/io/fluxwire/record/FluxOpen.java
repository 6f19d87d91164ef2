package io.fluxwire.record;

import io.fluxwire.PeerException;
import io.fluxwire.internal.DrainLoop;
import io.fluxwire.memory.ReadGate;
import io.fluxwire.timeout.RefreshableTimeout;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * {@link Records#open}: by hand, since one buffer holds no, one or many payloads, each on demand.
 */
final class FluxOpen extends FluxOperator<ByteBuf, ByteBuf> {

  private final Supplier<? extends RecordOpener> suite;
  private final ReadLimits limits;
  private final @Nullable Consumer<ByteBuf> unread;

  /**
   * The operator.
   *
   * @param suite makes the opener of a subscription
   * @param unread null to open all, and to destroy the opener in the end; else the first payload
   *     alone is opened, and this gets the bytes that came with it before it is emitted
   */
  FluxOpen(
      Flux<? extends ByteBuf> source,
      Supplier<? extends RecordOpener> suite,
      ReadLimits limits,
      @Nullable Consumer<ByteBuf> unread) {
    super(source);
    this.suite = suite;
    this.limits = limits;
    this.unread = unread;
  }

  @Override
  public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
    RecordOpener opener;
    try {
      opener = suite.get();
    } catch (IllegalStateException e) {
      Operators.error(actual, e);
      return;
    }
    source.subscribe(new OpenSubscriber(actual, opener, limits, unread));
  }

  @Override
  @SuppressWarnings("rawtypes")
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
  }

  /**
   * A queue-drain loop over the payloads of one source buffer. What it reads and writes without
   * being volatile belongs to the loop.
   */
  static final class OpenSubscriber implements CoreSubscriber<ByteBuf>, Subscription, Scannable {

    private static final AtomicLongFieldUpdater<OpenSubscriber> REQUESTED =
        AtomicLongFieldUpdater.newUpdater(OpenSubscriber.class, "requested");

    private final CoreSubscriber<? super ByteBuf> actual;
    private final RecordOpener opener;
    private final ReadGate gate;
    private final @Nullable RefreshableTimeout timeout;
    private final @Nullable Consumer<ByteBuf> unread;
    private final DrainLoop loop = new DrainLoop(this::advance, this::fail);
    private final Runnable admitted = loop::signal;
    private boolean recordAwaited;

    /** The opener has more, but was told not to go on until the gate lets it. */
    private boolean paused;

    /** The gate has let a payload pass that it counts. */
    private boolean reserved;

    private @Nullable Subscription upstream;

    private volatile long requested;
    private volatile boolean cancelled;
    private volatile boolean done;
    private @Nullable Throwable error;

    /** A copy of a buffer that came while another thread ran the loop. */
    private volatile @Nullable ByteBuf arrived;

    private @Nullable ByteBuf input;
    private boolean inputIsBorrowed;
    private boolean awaitingInput;
    private boolean terminated;

    OpenSubscriber(
        CoreSubscriber<? super ByteBuf> actual,
        RecordOpener opener,
        ReadLimits limits,
        @Nullable Consumer<ByteBuf> unread) {
      this.actual = actual;
      this.opener = opener;
      this.gate = limits.gate();
      this.timeout = limits.timeout().get();
      this.unread = unread;
    }

    @Override
    public void onSubscribe(Subscription s) {
      if (Operators.validate(upstream, s)) {
        upstream = s;
        actual.onSubscribe(this);
      }
    }

    @Override
    public void onNext(ByteBuf buffer) {
      if (done) {
        Operators.onNextDropped(buffer, currentContext());
        return;
      }
      if (loop.tryEnter()) {
        awaitingInput = false;
        input = buffer;
        inputIsBorrowed = true;
        loop.run();
      } else {
        arrived = copy(buffer);
        loop.signal();
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
      loop.signal();
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n)) {
        Operators.addCap(REQUESTED, this, n);
        loop.signal();
      }
    }

    @Override
    public void cancel() {
      if (cancelled) {
        return;
      }
      cancelled = true;
      cancelUpstream();
      loop.signal();
    }

    /** Of what a record or a subscriber threw. */
    private void fail(Throwable cause) {
      if (terminated) {
        Operators.onErrorDropped(cause, currentContext());
        return;
      }
      cancelUpstream();
      destroy();
      actual.onError(cause);
    }

    private void advance() {
      long emitted = 0;
      // Who asks for one at a time asks again within onNext: what is left of the input need not be
      // kept for it.
      while (emitted != requested && !terminateIfEnded()) {
        ByteBuf payload = openNext();
        if (payload == null) {
          break;
        }
        if (unread != null) {
          stop(unread);
          emitLast(payload);
          return;
        }
        try {
          actual.onNext(payload);
        } finally {
          payload.release();
        }
        emitted++;
        reserved = false;
        gate.done();
      }
      if (!terminateIfEnded()) {
        completeWithoutDemand();
      }
      if (emitted != 0) {
        Operators.produced(REQUESTED, this, emitted);
      }
      keepInput();
      if (terminated) {
        return;
      }
      if (input == null) {
        opener.idle();
      }
      if (!reserved && (input == null || requested == 0)) {
        opener.trim(ReadGate.UNCOUNTED);
      }
      watchRecord(emitted != 0);
    }

    /** The deadline of a record is that of its start, however its bytes trickle in. */
    private void watchRecord(boolean anotherOne) {
      RefreshableTimeout running = timeout;
      if (running == null) {
        return;
      }
      boolean awaits = awaitingInput && opener.isInsideRecord();
      if (awaits && (anotherOne || !recordAwaited)) {
        running.refresh();
      } else if (!awaits && recordAwaited) {
        running.suspend();
      }
      recordAwaited = awaits;
    }

    /**
     * Returns whether this has ended; the first call that finds it has cleans up and signals it.
     */
    private boolean terminateIfEnded() {
      if (terminated) {
        return true;
      }
      if (cancelled) {
        destroy();
        return true;
      }
      Throwable broken = error;
      if (done && broken != null) {
        destroy();
        actual.onError(broken);
        return true;
      }
      return false;
    }

    private @Nullable ByteBuf openNext() {
      takeArrived();
      ByteBuf in = input;
      while (in != null || opener.hasNext()) {
        if (paused && !mayRead()) {
          return null;
        }
        ByteBuf payload = opener.next(in == null ? Unpooled.EMPTY_BUFFER : in);
        paused = payload == null && !opener.isEnded() && !isUsedUp();
        if (payload != null) {
          return payload;
        }
        if (!paused) {
          input = null;
          break;
        }
      }
      if (!done && !awaitingInput && !opener.isEnded() && mayRead()) {
        awaitingInput = true;
        requestUpstream();
      }
      return null;
    }

    private boolean mayRead() {
      int size = opener.announced();
      boolean may = gate.mayRead(size, admitted);
      reserved = may && size > ReadGate.UNCOUNTED;
      return may;
    }

    /** The end needs no demand, as long as no payload may be in what is left. */
    private void completeWithoutDemand() {
      // Read `done` first: if it is set, the last buffer is visible in `arrived`.
      boolean sourceEnded = done;
      takeArrived();
      if (!opener.isEnded() && !(sourceEnded && error == null && isUsedUp())) {
        return;
      }
      if (!sourceEnded) {
        discardRest();
      }
      PeerException truncated = null;
      try {
        opener.inputEnded();
      } catch (PeerException e) {
        truncated = e;
      }
      destroy();
      if (truncated == null) {
        actual.onComplete();
      } else {
        actual.onError(truncated);
      }
    }

    private boolean isUsedUp() {
      ByteBuf in = input;
      return (in == null || !in.isReadable()) && !opener.hasNext();
    }

    private void takeArrived() {
      ByteBuf copy = arrived;
      if (copy != null && input == null) {
        arrived = null;
        awaitingInput = false;
        input = copy;
        inputIsBorrowed = false;
      }
    }

    /** What is borrowed goes back when {@code onNext} returns, so what is left of it is copied. */
    private void keepInput() {
      ByteBuf in = input;
      if (in == null || !inputIsBorrowed) {
        return;
      }
      input = in.isReadable() && !terminated ? copy(in) : null;
      inputIsBorrowed = false;
    }

    /** On the heap and unpooled: a consumer that never asks again leaks nothing. */
    private static ByteBuf copy(ByteBuf buffer) {
      byte[] bytes = new byte[buffer.readableBytes()];
      buffer.getBytes(buffer.readerIndex(), bytes);
      return Unpooled.wrappedBuffer(bytes);
    }

    /** Whoever reads on gets the source and the opener before the last payload is emitted. */
    private void stop(Consumer<ByteBuf> whereTo) {
      terminated = true;
      cancelUpstream();
      ByteBuf in = input;
      input = null;
      if (in != null && in.isReadable()) {
        whereTo.accept(copy(in));
      }
      opener.idle();
      gate.done();
      releaseTimer();
    }

    private void emitLast(ByteBuf payload) {
      try {
        actual.onNext(payload);
      } catch (Throwable e) {
        actual.onError(e);
        return;
      } finally {
        payload.release();
      }
      actual.onComplete();
    }

    private void destroy() {
      terminated = true;
      input = null;
      arrived = null;
      if (unread == null) {
        opener.destroy();
      }
      gate.done();
      releaseTimer();
    }

    private void releaseTimer() {
      RefreshableTimeout running = timeout;
      if (running != null) {
        running.dispose();
      }
    }

    private void requestUpstream() {
      Subscription s = upstream;
      if (s != null) {
        s.request(1);
      }
    }

    /**
     * The records have said that nothing follows. The source is still read to its end, since a
     * transport may need a reader to notice that; this subscriber ignores what comes.
     */
    private void discardRest() {
      Subscription s = upstream;
      if (s != null) {
        s.request(Long.MAX_VALUE);
      }
    }

    private void cancelUpstream() {
      Subscription s = upstream;
      if (s != null) {
        s.cancel();
      }
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return upstream;
      }
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
        return requested;
      }
      if (key == Attr.CANCELLED) {
        return cancelled;
      }
      if (key == Attr.TERMINATED) {
        return terminated;
      }
      if (key == Attr.ERROR) {
        return error;
      }
      if (key == Attr.RUN_STYLE) {
        return Attr.RunStyle.SYNC;
      }
      return null;
    }
  }
}
