package io.fluxwire.rsocket;

import io.fluxwire.PeerException;
import io.fluxwire.internal.DrainLoop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.rsocket.exceptions.ConnectionErrorException;
import io.rsocket.frame.ErrorFrameCodec;
import io.rsocket.frame.FrameHeaderCodec;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Emits the frames for RSocket: the peer's frames from its packets, and frames that grant a portion
 * of {@link StreamCredits}. This is not one of Reactor's flattening operators, since a packet is
 * kept until its last frame is requested, and such an operator would leak the packet on a cancel.
 *
 * <p>Packets are requested one at a time. A frame is a slice of its packet, lent for {@code
 * onNext}.
 */
final class FrameReader extends Flux<ByteBuf> implements CoreSubscriber<ByteBuf>, Subscription {

  /** A fragment is copied if it is smaller than one part in this many of its packet. */
  private static final int PINNING = 2;

  private final Publisher<ByteBuf> packets;
  private final ByteBufAllocator allocator;
  private final StreamCredits credits;
  private final FrameWriter writer;
  private final PeerStreams.Side side;
  private final Predicate<ByteBuf> accepted;
  private final DrainLoop loop;

  private final AtomicBoolean isSubscribed = new AtomicBoolean();
  private final AtomicLong requested = new AtomicLong();
  private final AtomicReference<@Nullable ByteBuf> arrived = new AtomicReference<>();

  /** Why RSocket gets no more frames, once the packets have ended or are no longer wanted. */
  private final AtomicReference<@Nullable Throwable> end = new AtomicReference<>();

  private volatile @Nullable CoreSubscriber<? super ByteBuf> downstream;
  private volatile @Nullable Subscription upstream;
  private volatile boolean packetsEnded;

  /** RSocket or the connection wants no more packets. */
  private volatile boolean stopped;

  /** RSocket has cancelled, and does not want to be told of the end either. */
  private volatile boolean cancelled;

  /** RSocket has ended the connection with an error of its own. */
  private volatile boolean refused;

  /** All fields below are used by the drain loop only. */
  private @Nullable ByteBuf packet;

  private boolean isAsked;
  private boolean isLeft;
  private boolean terminated;
  private long delivered;

  /**
   * Frames for one subscriber.
   *
   * @param packets the peer's packets, lent for {@code onNext}; subscribed to together with this
   * @param side this side
   * @param accepted decides for each frame of the peer's whether RSocket may get it
   * @param onFault called with the fault of a frame, or with what RSocket threw for it
   */
  FrameReader(
      Publisher<ByteBuf> packets,
      ByteBufAllocator allocator,
      StreamCredits credits,
      FrameWriter writer,
      PeerStreams.Side side,
      Predicate<ByteBuf> accepted,
      Consumer<Throwable> onFault) {
    this.packets = packets;
    this.allocator = allocator;
    this.credits = credits;
    this.writer = writer;
    this.side = side;
    this.accepted = accepted;
    this.loop = new DrainLoop(this::drain, onFault);
  }

  @Override
  public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
    if (!isSubscribed.compareAndSet(false, true)) {
      Operators.error(actual, new IllegalStateException("receive() has one subscriber"));
      return;
    }
    downstream = actual;
    actual.onSubscribe(this);
    packets.subscribe(this);
  }

  @Override
  public Context currentContext() {
    CoreSubscriber<? super ByteBuf> to = downstream;
    return to == null ? Context.empty() : to.currentContext();
  }

  @Override
  public void onSubscribe(Subscription s) {
    upstream = s;
    loop.signal();
  }

  @Override
  public void onNext(ByteBuf received) {
    arrived.set(received.retain());
    loop.signal();
  }

  @Override
  public void onError(Throwable thrown) {
    ended(thrown);
  }

  @Override
  public void onComplete() {
    ended(PeerDuplexConnection.closed());
  }

  private void ended(Throwable why) {
    end.compareAndSet(null, why);
    packetsEnded = true;
    loop.signal();
  }

  @Override
  public void request(long n) {
    if (Operators.validate(n)) {
      requested.accumulateAndGet(n, Operators::addCap);
      loop.signal();
    }
  }

  @Override
  public void cancel() {
    cancelled = true;
    stopped = true;
    loop.signal();
  }

  /** RSocket gets no more frames; those that still come are dropped. */
  void stop(Throwable why) {
    end.compareAndSet(null, why);
    stopped = true;
    loop.signal();
  }

  /** RSocket ends the connection and only drains it from now on; draining must not get an error. */
  void refused() {
    refused = true;
  }

  /** There is room to send again. Called on the connection's event loop. */
  void written() {
    loop.signal();
  }

  /**
   * Frames are being sent, on any thread: a stream that has used up its portion gets another one.
   * Avoids reading from the peer, which is not the work of this thread.
   */
  void sending() {
    if (loop.tryEnter()) {
      try {
        feedStreams();
      } finally {
        loop.leave();
      }
    } else {
      loop.signal();
    }
  }

  private void drain() {
    while (!isOver() && advance()) {}
  }

  /** Whether nothing more is to be delivered; if so, ends what has to be ended. */
  private boolean isOver() {
    if (terminated || stopped) {
      drop();
      terminate();
      return true;
    }
    return false;
  }

  private void drop() {
    Subscription s = upstream;
    if (s != null && !packetsEnded && !isLeft) {
      isLeft = true;
      s.cancel();
    }
    release(packet);
    packet = null;
    release(arrived.getAndSet(null));
  }

  private static void release(@Nullable ByteBuf buffer) {
    if (buffer != null) {
      buffer.release();
    }
  }

  /** Tells RSocket of the end, once, unless it was RSocket that wanted no more. */
  private void terminate() {
    CoreSubscriber<? super ByteBuf> to = downstream;
    Throwable why = end.get();
    if (!terminated && !cancelled && to != null && why != null) {
      terminated = true;
      if (refused) {
        to.onComplete();
      } else {
        tell(why);
        to.onError(why);
      }
    }
  }

  /**
   * RSocket uses the same {@code ClosedChannelException} for every end, unless the peer sends it an
   * ERROR frame. So a fault is passed to RSocket as such a frame; but to a server only after the
   * peer's SETUP, since it refuses any frame before that.
   */
  private void tell(Throwable why) {
    boolean isSetUp = side == PeerStreams.Side.CLIENT || delivered > 0;
    if (isSetUp && why instanceof PeerException fault && hasDemand()) {
      deliver(
          ErrorFrameCodec.encode(
              allocator,
              0,
              new ConnectionErrorException(fault.reason() + ": " + fault.getMessage(), fault)));
    }
  }

  /** Returns whether there may be more to do. */
  private boolean advance() {
    feedStreams();
    ByteBuf current = current();
    if (current == null) {
      return false;
    }
    if (!hasDemand()) {
      return false;
    }
    ByteBuf frame = PackedFrames.next(current);
    if (frame == null) {
      packet = null;
      current.release();
    } else if (FrameRules.check(frame) && accepted.test(frame)) {
      ByteBuf passed = credits.received(frame, allocator);
      if (passed != null) {
        deliver(unpinned(passed, current));
      }
    }
    return true;
  }

  /**
   * RSocket keeps a fragment until the last one has arrived, and a slice would keep its whole
   * packet.
   */
  private ByteBuf unpinned(ByteBuf frame, ByteBuf whole) {
    boolean isKept = (FrameHeaderCodec.flags(frame) & FrameHeaderCodec.FLAGS_F) != 0;
    if (!isKept || frame.readableBytes() >= whole.capacity() / PINNING) {
      return frame;
    }
    try {
      return allocator.buffer(frame.readableBytes()).writeBytes(frame);
    } finally {
      frame.release();
    }
  }

  /** The packet that is being read; null if there is none yet; then one is requested. */
  private @Nullable ByteBuf current() {
    if (packet != null) {
      return packet;
    }
    boolean ended = packetsEnded;
    ByteBuf next = arrived.getAndSet(null);
    if (next != null) {
      isAsked = false;
      packet = next;
      return next;
    }
    Subscription s = upstream;
    if (ended) {
      terminate();
    } else if (!isAsked && s != null && hasDemand()) {
      isAsked = true;
      s.request(1);
    }
    return null;
  }

  private boolean hasDemand() {
    long n = requested.get();
    return n == Long.MAX_VALUE || delivered < n;
  }

  private void feedStreams() {
    while (!stopped && !terminated && !writer.isCongested() && hasDemand()) {
      ByteBuf portion = credits.next(allocator);
      if (portion == null) {
        return;
      }
      deliver(portion);
    }
  }

  /** Gives RSocket a frame, and releases it. */
  private void deliver(ByteBuf frame) {
    CoreSubscriber<? super ByteBuf> to = downstream;
    try {
      if (to != null) {
        delivered++;
        to.onNext(frame);
      }
    } finally {
      frame.release();
    }
  }
}
