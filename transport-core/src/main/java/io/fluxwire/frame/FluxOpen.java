package io.fluxwire.frame;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.DirectionKeys;
import io.fluxwire.timeout.RefreshableTimeout;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** {@link Frames#open}: by hand, since one buffer holds no, one or many frames, each on demand. */
final class FluxOpen extends FluxOperator<ByteBuf, ByteBuf> {

  private final DirectionKeys keys;
  private final ByteBufAllocator allocator;
  private final @Nullable RefreshableTimeout frameTimeout;
  private final ByteBudget.@Nullable Share share;

  FluxOpen(
      Flux<? extends ByteBuf> source,
      DirectionKeys keys,
      ByteBufAllocator allocator,
      @Nullable RefreshableTimeout frameTimeout,
      ByteBudget.@Nullable Share share) {
    super(source);
    this.keys = keys;
    this.allocator = allocator;
    this.frameTimeout = frameTimeout;
    this.share = share;
  }

  @Override
  public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
    FrameOpener opener;
    try {
      opener = new FrameOpener(keys.start(), allocator);
    } catch (IllegalStateException e) {
      Operators.error(actual, e);
      return;
    }
    source.subscribe(new OpenSubscriber(actual, opener, frameTimeout, share));
  }

  @Override
  @SuppressWarnings("rawtypes")
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
  }

  /**
   * A queue-drain loop over the frames of one source buffer. What it reads and writes without being
   * volatile belongs to whoever holds {@code wip}.
   */
  static final class OpenSubscriber implements CoreSubscriber<ByteBuf>, Subscription, Scannable {

    private static final AtomicIntegerFieldUpdater<OpenSubscriber> WIP =
        AtomicIntegerFieldUpdater.newUpdater(OpenSubscriber.class, "wip");
    private static final AtomicLongFieldUpdater<OpenSubscriber> REQUESTED =
        AtomicLongFieldUpdater.newUpdater(OpenSubscriber.class, "requested");

    private final CoreSubscriber<? super ByteBuf> actual;
    private final FrameOpener opener;
    private final @Nullable RefreshableTimeout frameTimeout;
    private final @Nullable FrameRoom room;
    private boolean frameAwaited;
    private @Nullable Subscription upstream;

    @SuppressWarnings("UnusedVariable") // through WIP
    private volatile int wip;

    private volatile long requested;
    private volatile boolean cancelled;
    private volatile boolean done;
    private @Nullable Throwable error;

    /** A copy of a buffer that came while another thread held {@code wip}. */
    private volatile @Nullable ByteBuf arrived;

    private @Nullable ByteBuf input;
    private boolean inputIsBorrowed;
    private boolean awaitingInput;
    private boolean terminated;

    OpenSubscriber(
        CoreSubscriber<? super ByteBuf> actual,
        FrameOpener opener,
        @Nullable RefreshableTimeout frameTimeout,
        ByteBudget.@Nullable Share share) {
      this.actual = actual;
      this.opener = opener;
      this.frameTimeout = frameTimeout;
      this.room = share == null ? null : new FrameRoom(share, this::trigger);
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
      if (WIP.compareAndSet(this, 0, 1)) {
        awaitingInput = false;
        input = buffer;
        inputIsBorrowed = true;
        drain();
      } else {
        arrived = copy(buffer);
        trigger();
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
      trigger();
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n)) {
        Operators.addCap(REQUESTED, this, n);
        trigger();
      }
    }

    @Override
    public void cancel() {
      if (cancelled) {
        return;
      }
      cancelled = true;
      cancelUpstream();
      trigger();
    }

    private void trigger() {
      if (WIP.getAndIncrement(this) == 0) {
        drain();
      }
    }

    private void drain() {
      int missed = 1;
      do {
        try {
          advance();
        } catch (Throwable e) {
          breakOff(e);
        }
        missed = WIP.addAndGet(this, -missed);
      } while (missed != 0);
    }

    /** What a frame or a subscriber throws; thrown on, it would end this loop for good. */
    private void breakOff(Throwable cause) {
      if (terminated) {
        Operators.onErrorDropped(cause, currentContext());
        return;
      }
      cancelUpstream();
      terminate();
      actual.onError(cause);
    }

    private void advance() {
      long demand = requested;
      long emitted = 0;
      while (emitted != demand && !isOver()) {
        ByteBuf payload = openNext();
        if (payload == null) {
          break;
        }
        try {
          actual.onNext(payload);
        } finally {
          payload.release();
        }
        emitted++;
        if (room != null) {
          room.done();
        }
      }
      if (!isOver()) {
        completeWithoutDemand();
      }
      if (emitted != 0) {
        Operators.produced(REQUESTED, this, emitted);
      }
      keepInput();
      if (input == null) {
        opener.idle();
      }
      if (room != null && !room.isTaken() && (input == null || requested == 0)) {
        opener.trim(ByteBudget.UNCOUNTED);
      }
      watchFrame(emitted != 0);
    }

    /** The deadline of a frame is that of its start, however its bytes trickle in. */
    private void watchFrame(boolean anotherOne) {
      RefreshableTimeout timeout = frameTimeout;
      if (timeout == null || terminated) {
        return;
      }
      boolean awaits = awaitingInput && opener.isInsideFrame();
      if (awaits && (anotherOne || !frameAwaited)) {
        timeout.refresh();
      } else if (!awaits && frameAwaited) {
        timeout.suspend();
      }
      frameAwaited = awaits;
    }

    /** Whether there is nothing left to do; the first one to see it cleans up and tells. */
    private boolean isOver() {
      if (terminated) {
        return true;
      }
      if (cancelled) {
        terminate();
        return true;
      }
      Throwable broken = error;
      if (done && broken != null) {
        terminate();
        actual.onError(broken);
        return true;
      }
      return false;
    }

    private @Nullable ByteBuf openNext() {
      takeArrived();
      ByteBuf in = input;
      if (in != null) {
        ByteBuf payload = opener.next(in);
        if (payload != null) {
          return payload;
        }
        input = null;
      }
      if (!done && !awaitingInput && (room == null || room.isEnoughFor(opener.payloadSize()))) {
        awaitingInput = true;
        requestUpstream();
      }
      return null;
    }

    /** The end needs no demand, as long as no frame may be in what is left. */
    private void completeWithoutDemand() {
      // Before the input is looked at: the last buffer comes before the end does.
      boolean ended = done;
      takeArrived();
      ByteBuf in = input;
      if (!ended || error != null || (in != null && in.isReadable())) {
        return;
      }
      boolean truncated = opener.isInsideFrame();
      terminate();
      if (truncated) {
        actual.onError(
            // No rule is broken: so ends whoever is killed while it sends.
            new ConnectionClosedException(
                Reason.FRAME_TRUNCATED,
                "the connection was lost: the stream ended inside a frame"));
      } else {
        actual.onComplete();
      }
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

    private void terminate() {
      terminated = true;
      input = null;
      arrived = null;
      opener.destroy();
      if (room != null) {
        room.done();
      }
      RefreshableTimeout timeout = frameTimeout;
      if (timeout != null) {
        timeout.dispose();
      }
    }

    private void requestUpstream() {
      Subscription s = upstream;
      if (s != null) {
        s.request(1);
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
