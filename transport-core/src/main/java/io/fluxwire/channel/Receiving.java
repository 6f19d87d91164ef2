package io.fluxwire.channel;

import io.fluxwire.internal.Isolated;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * The peer's packets on their way to the application, and how far it has taken them. Each is handed
 * over once in this process, over however many connections it came. All but {@link #receive} and
 * {@link #acknowledge} belongs to the channel's loop.
 */
final class Receiving<P> {

  private final PacketCodec<P> codec;
  private final ChannelLoop loop;

  /** Gets what a subscriber had, and did not acknowledge, from the peer once more. */
  private final Runnable resend;

  /** What the application says: the number of the next packet that it wants. */
  private final AtomicLong acknowledged;

  /**
   * Packets that the codec skipped, as runs: the first number, and the one that follows the last.
   * They are taken once the application has acknowledged all before them.
   */
  private final Deque<long[]> skippedRuns = new ArrayDeque<>();

  private long handedOver;
  private long taken;

  /** How many packets directly below {@link #taken} were skipped. */
  private long skipped;

  private @Nullable Reader reader;
  private @Nullable Throwable failure;
  private boolean ended;

  /**
   * The thread that gives the application a packet now. Another thread may read an old value, which
   * does no harm: none finds itself here unless it put itself here.
   */
  private @Nullable Thread delivering;

  /** How many packets were handed over since {@link #takeDelivered}. */
  private int delivered;

  /**
   * Goes on where the last process was.
   *
   * @param state what is stored
   * @param startAt the application's own position, which may be ahead of that; 0 for none
   */
  Receiving(
      PacketCodec<P> codec, ChannelLoop loop, ChannelState state, long startAt, Runnable resend) {
    long from = Math.max(state.received(), startAt);
    this.codec = codec;
    this.loop = loop;
    this.resend = resend;
    this.acknowledged = new AtomicLong(Math.max(state.received() - state.skipped(), startAt));
    this.handedOver = from;
    this.taken = from;
  }

  /** For one subscriber at a time. */
  Flux<Delivery<P>> receive(boolean automatic) {
    return Isolated.flux(
        new Flux<>() {
          @Override
          public void subscribe(CoreSubscriber<? super Delivery<P>> actual) {
            Reader next = new Reader(actual, automatic);
            actual.onSubscribe(next);
            loop.execute(() -> attach(next));
          }
        },
        thrown -> {});
  }

  private void attach(Reader next) {
    if (next.cancelled) {
      return;
    }
    if (ended) {
      Isolated.end(next.actual, failure);
    } else if (reader != null) {
      next.actual.onError(new IllegalStateException("receive() has one subscriber; share() it"));
    } else {
      reader = next;
    }
  }

  private void detach(Reader gone) {
    if (reader == gone) {
      reader = null;
      if (handedOver > updateTaken()) {
        handedOver = taken;
        // The peer sends skipped packets once more, too, and they are skipped anew then.
        skippedRuns.clear();
        resend.run();
      }
    }
  }

  /** The application has taken all below a number. Any thread. */
  void acknowledge(long next) {
    long before = acknowledged.getAndAccumulate(next, Math::max);
    if (before < next) {
      signal();
    }
  }

  /**
   * Moves the position to store up to what the application has acknowledged, and over the skipped
   * packets behind that. {@link #skipped} and {@link #hasTakenAll} are of the last call.
   */
  long updateTaken() {
    long own = acknowledged.get();
    taken = Math.max(taken, own);
    for (long[] run = skippedRuns.peek();
        run != null && run[0] <= taken;
        run = skippedRuns.peek()) {
      taken = Math.max(taken, run[1]);
      skippedRuns.remove();
    }
    skipped = taken - own;
    handedOver = Math.max(handedOver, taken);
    return taken;
  }

  /** How many packets just below the position were skipped: the application knows none of them. */
  long skipped() {
    return skipped;
  }

  /** The number of the next packet to hand to the application, in this life of the process. */
  long handedOver() {
    return handedOver;
  }

  /** Whether the application has taken all that was handed over. */
  boolean hasTakenAll() {
    return handedOver == taken;
  }

  /**
   * Hands over what waits, as long as the application wants more. What the codec throws, this
   * throws.
   */
  void deliver(ChannelConnection from) {
    while (from.hasPacket() && isPassable(from.number())) {
      long number = from.number();
      deliver(number, Unpooled.wrappedBuffer(from.take()), false);
    }
  }

  /**
   * Hands a packet over as it arrives, when none before it waits.
   *
   * @param payload lent for the call
   * @return false when it has to wait, since the application has not asked for it
   */
  boolean deliver(ChannelConnection from, ByteBuf payload) {
    long number = from.number();
    if (!isPassable(number)) {
      return false;
    }
    from.passed(payload.readableBytes());
    deliver(number, payload, true);
    return true;
  }

  /** How many were handed over since this was asked last. */
  int takeDelivered() {
    int count = delivered;
    delivered = 0;
    return count;
  }

  /** Whether a packet need not wait: the application asked for it, or it is dropped. */
  private boolean isPassable(long number) {
    Reader to = reader;
    return isOld(number) || (to != null && to.emitted != to.requested.get() && !to.cancelled);
  }

  /** It came over an earlier connection, and the application has it. */
  private boolean isOld(long number) {
    return number < handedOver;
  }

  private void deliver(long number, ByteBuf payload, boolean lent) {
    Reader to = reader;
    if (isOld(number) || to == null) {
      return;
    }
    P packet = lent ? decodeLent(payload) : codec.decode(payload);
    handedOver = number + 1;
    if (packet == null) {
      skip(number);
    } else {
      to.emitted++;
      delivered++;
      hand(to, packet, number);
    }
  }

  /** An application may keep a packet for longer than what was lent. */
  private @Nullable P decodeLent(ByteBuf payload) {
    return codec.decode(
        codec.sharesPayload() ? Unpooled.wrappedBuffer(ByteBufUtil.getBytes(payload)) : payload);
  }

  /**
   * Has the loop look at what an application said, unless it said that while it was given a packet:
   * the loop's step is still to come then, once for all packets that came together.
   */
  private void signal() {
    if (Thread.currentThread() != delivering) {
      loop.signal();
    }
  }

  private void hand(Reader to, P packet, long number) {
    Delivery<P> delivery = new Delivery<>(packet, number, this);
    delivering = Thread.currentThread();
    try {
      give(to, delivery);
    } finally {
      delivering = null;
    }
  }

  private void give(Reader to, Delivery<P> delivery) {
    to.actual.onNext(delivery);
    // Reactor's subscribers cancel when their callback has thrown.
    if (to.automatic && !to.cancelled) {
      delivery.acknowledge();
    }
  }

  /** Nobody can acknowledge it, so it is taken with what came before it. */
  private void skip(long number) {
    long[] last = skippedRuns.peekLast();
    if (last != null && last[1] == number) {
      last[1]++;
    } else {
      skippedRuns.add(new long[] {number, number + 1});
    }
  }

  /** Hands nothing over any more. */
  void end(@Nullable Throwable why) {
    ended = true;
    failure = why;
    Reader to = reader;
    reader = null;
    if (to != null) {
      Isolated.end(to.actual, why);
    }
  }

  private final class Reader implements Subscription {

    private final CoreSubscriber<? super Delivery<P>> actual;
    private final boolean automatic;
    private final AtomicLong requested = new AtomicLong();
    private long emitted;
    private volatile boolean cancelled;

    Reader(CoreSubscriber<? super Delivery<P>> actual, boolean automatic) {
      this.actual = actual;
      this.automatic = automatic;
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n)) {
        requested.accumulateAndGet(n, Operators::addCap);
        Receiving.this.signal();
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      loop.execute(() -> detach(this));
    }
  }
}
