package io.fluxwire.channel;

import io.fluxwire.internal.ForeignSource;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * The stored packets from a number on, for one connection: those that were just stored from memory,
 * and those that are further back by reading the store. All but what its subscriber calls belongs
 * to the channel's loop.
 */
final class StoredPackets extends Flux<ByteBuf> implements Subscription {

  /**
   * Stored packets that are not sent yet stay in memory, too, up to 1 MiB: no more are added above
   * that, so that one write may pass it.
   */
  private static final int AHEAD = 1 << 20;

  private static final int READ = 256 * 1024;

  private final StoredChannel store;
  private final ChannelLoop loop;
  private final Consumer<? super Throwable> broken;
  private final AtomicLong requested = new AtomicLong();
  private final Deque<byte[]> ahead = new ArrayDeque<>();
  private long aheadBytes;

  /** The number of the next packet to send, which is the first one in memory if any is. */
  private long next;

  private long emitted;
  private boolean reading;
  private volatile boolean over;
  private @Nullable CoreSubscriber<? super ByteBuf> downstream;

  StoredPackets(
      StoredChannel store, ChannelLoop loop, Consumer<? super Throwable> broken, long from) {
    this.store = store;
    this.loop = loop;
    this.broken = broken;
    this.next = from;
  }

  /** The number of the next packet: all below were handed to the connection. */
  long position() {
    return next;
  }

  @Override
  public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
    actual.onSubscribe(this);
    loop.execute(() -> downstream = actual);
  }

  @Override
  public void request(long n) {
    if (Operators.validate(n)) {
      requested.accumulateAndGet(n, Operators::addCap);
      loop.signal();
    }
  }

  /** The connection has ended, which the channel hears from it, too. */
  @Override
  public void cancel() {
    over = true;
  }

  /** New packets are stored. Kept in memory if they are what comes next, and little waits. */
  void stored(List<byte[]> packets, long from) {
    if (next + ahead.size() == from && aheadBytes < AHEAD) {
      add(packets);
    }
  }

  private void add(List<byte[]> packets) {
    for (byte[] packet : packets) {
      ahead.add(packet);
      aheadBytes += packet.length;
    }
  }

  /** Gives the connection what it asks for. */
  void advance(long stored) {
    CoreSubscriber<? super ByteBuf> to = downstream;
    if (to == null) {
      return;
    }
    while (!over && emitted != requested.get() && !ahead.isEmpty()) {
      byte[] packet = ahead.remove();
      aheadBytes -= packet.length;
      next++;
      emitted++;
      to.onNext(Unpooled.wrappedBuffer(packet));
    }
    if (!over && !reading && ahead.isEmpty() && next < stored && emitted != requested.get()) {
      read();
    }
  }

  private void read() {
    reading = true;
    ForeignSource.mono("a channel's store", () -> store.read(next, READ))
        .subscribe(
            packets -> loop.execute(() -> arrived(packets)),
            failure -> loop.execute(() -> failed(failure)));
  }

  private void arrived(List<byte[]> packets) {
    reading = false;
    if (over) {
      return;
    }
    if (packets.isEmpty()) {
      broken.accept(new IllegalStateException("the store has lost packet " + next));
    } else {
      add(packets);
    }
  }

  private void failed(Throwable failure) {
    // A later connection may have had acknowledged, and so deleted, what this one still reads.
    if (!over) {
      broken.accept(failure);
    }
  }

  /** Sends nothing more. */
  void end() {
    over = true;
    ahead.clear();
  }
}
