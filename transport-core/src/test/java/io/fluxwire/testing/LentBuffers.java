package io.fluxwire.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * A source that lends buffers as a connection does: each is checked for its owner and overwritten
 * when {@code onNext} returns, so that whoever kept a view of it, or released it, is found out.
 */
public final class LentBuffers extends Flux<ByteBuf> implements Subscription {

  private final AtomicLong requested = new AtomicLong();
  private volatile boolean cancelled;
  private volatile CoreSubscriber<? super ByteBuf> actual;
  private final AtomicLong emitted = new AtomicLong();

  /** All chunks, on demand, and then the end; for each subscriber. */
  public static Flux<ByteBuf> of(List<byte[]> chunks) {
    return new Flux<>() {
      @Override
      public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
        begin(new Chunks(chunks, new AtomicInteger(), actual));
      }
    };
  }

  /** As {@link #of}, but each subscriber goes on where the last one stopped, as a connection's. */
  public static Flux<ByteBuf> resuming(List<byte[]> chunks) {
    AtomicInteger next = new AtomicInteger();
    return new Flux<>() {
      @Override
      public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
        begin(new Chunks(chunks, next, actual));
      }
    };
  }

  private static void begin(Chunks chunks) {
    if (chunks.next.get() == chunks.chunks.size()) {
      Operators.complete(chunks.actual);
    } else {
      chunks.actual.onSubscribe(chunks);
    }
  }

  @Override
  public void subscribe(CoreSubscriber<? super ByteBuf> subscriber) {
    actual = subscriber;
    subscriber.onSubscribe(this);
  }

  /** Lends one buffer. */
  public void emit(byte[] bytes) {
    if (emitted.getAndIncrement() >= requested.get()) {
      throw new AssertionError("nothing was requested");
    }
    lend(bytes, actual);
  }

  /** Ends. */
  public void complete() {
    actual.onComplete();
  }

  /** Fails. */
  public void fail(Throwable error) {
    actual.onError(error);
  }

  /** How much was requested in all. */
  public long requested() {
    return requested.get();
  }

  /** Whether one more buffer is wanted. */
  public boolean wantsMore() {
    return !cancelled && requested.get() > emitted.get();
  }

  /** Whether the subscriber is gone. */
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public void request(long n) {
    Operators.validate(n);
    requested.updateAndGet(r -> Operators.addCap(r, n));
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  private static void lend(byte[] bytes, CoreSubscriber<? super ByteBuf> to) {
    byte[] lent = bytes.clone();
    ByteBuf buffer = Unpooled.wrappedBuffer(lent);
    to.onNext(buffer);
    if (buffer.refCnt() != 1) {
      throw new AssertionError("a lent buffer came back with the count " + buffer.refCnt());
    }
    buffer.release();
    Arrays.fill(lent, (byte) 0xdd);
  }

  private static final class Chunks implements Subscription {

    private final List<byte[]> chunks;
    private final CoreSubscriber<? super ByteBuf> actual;
    private final AtomicLong requested = new AtomicLong();
    private final AtomicInteger next;
    private volatile boolean cancelled;

    Chunks(List<byte[]> chunks, AtomicInteger next, CoreSubscriber<? super ByteBuf> actual) {
      this.chunks = chunks;
      this.next = next;
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      if (!Operators.validate(n) || requested.getAndUpdate(r -> Operators.addCap(r, n)) != 0) {
        return;
      }
      do {
        if (cancelled) {
          return;
        }
        lend(chunks.get(next.getAndIncrement()), actual);
        if (next.get() == chunks.size() && !cancelled) {
          cancelled = true;
          actual.onComplete();
        }
      } while (requested.decrementAndGet() != 0);
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }
}
