package io.fluxwire.handshake;

import io.fluxwire.HandshakeException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Cuts the head off a stream of buffers and hands the rest of the same subscription to whoever
 * subscribes to it later. Empty when the stream ends before the head is whole. Until the rest is
 * subscribed to nothing more is requested; what came with the head is on the heap and unpooled, so
 * that a rest that nobody wants leaks nothing.
 */
final class MonoCut extends Mono<MonoCut.Cut> {

  private final Flux<ByteBuf> source;

  /** In bytes; 0 for one whole buffer. */
  private final int headSize;

  private final HeadCheck check;

  /** Judges a head before it is whole. */
  @FunctionalInterface
  interface HeadCheck {

    /**
     * Called whenever more of the head is there.
     *
     * @param head its first bytes, and zeros
     * @param filled how many are there
     * @param last whether no more will come
     * @throws HandshakeException to end the stream with
     */
    void check(byte[] head, int filled, boolean last);
  }

  /**
   * A cut stream.
   *
   * @param head the caller's
   * @param rest subscribe once
   */
  record Cut(byte[] head, Flux<ByteBuf> rest) {}

  private MonoCut(Flux<ByteBuf> source, int headSize, HeadCheck check) {
    this.source = source;
    this.headSize = headSize;
    this.check = check;
  }

  /** The first bytes, however the stream is cut. */
  static Mono<Cut> afterBytes(Flux<ByteBuf> source, int headSize, HeadCheck check) {
    return new MonoCut(source, headSize, check);
  }

  /** The first buffer, whole. */
  static Mono<Cut> afterFirst(Flux<ByteBuf> source) {
    return new MonoCut(source, 0, (head, filled, last) -> {});
  }

  @Override
  public void subscribe(CoreSubscriber<? super Cut> actual) {
    source.subscribe(new CutSubscriber(actual, headSize, check));
  }

  private static final class CutSubscriber implements CoreSubscriber<ByteBuf>, Subscription {

    private static final byte[] NONE = {};

    /** Forgotten with the head: the handshake would stay as long as the connection. */
    private @Nullable CoreSubscriber<? super Cut> actual;

    private final Context context;
    private final int headSize;
    private final HeadCheck check;
    private byte[] head;
    private int headFilled;
    private boolean headDone;
    private final AtomicBoolean requested = new AtomicBoolean();
    private @Nullable Subscription upstream;

    /** The rest's subscriber, or the {@link End} that came before it. */
    private final AtomicReference<@Nullable Object> downstream = new AtomicReference<>();

    private record End(@Nullable Throwable error) {}

    CutSubscriber(CoreSubscriber<? super Cut> actual, int headSize, HeadCheck check) {
      this.actual = actual;
      this.context = actual.currentContext();
      this.headSize = headSize;
      this.check = check;
      this.head = new byte[headSize];
    }

    @Override
    public void onSubscribe(Subscription s) {
      if (Operators.validate(upstream, s)) {
        upstream = s;
        actual().onSubscribe(this);
      }
    }

    private CoreSubscriber<? super Cut> actual() {
      return Objects.requireNonNull(actual, "the head is done");
    }

    @Override
    public void onNext(ByteBuf buffer) {
      if (headDone) {
        CoreSubscriber<? super ByteBuf> rest = rest();
        if (rest != null) {
          rest.onNext(buffer);
        }
        return;
      }
      if (headSize == 0) {
        head = bytes(buffer);
      } else {
        int part = Math.min(headSize - headFilled, buffer.readableBytes());
        buffer.readBytes(head, headFilled, part);
        headFilled += part;
        if (isRefused(headFilled == headSize)) {
          return;
        }
        if (headFilled < headSize) {
          upstream().request(1);
          return;
        }
      }
      headDone = true;
      Flux<ByteBuf> rest = new Rest(this);
      if (buffer.isReadable()) {
        // Taken out, or the operator would hold it as long as the connection lasts.
        AtomicReference<@Nullable ByteBuf> more =
            new AtomicReference<>(Unpooled.wrappedBuffer(bytes(buffer)));
        rest = Mono.fromSupplier(() -> more.getAndSet(null)).concatWith(rest);
      }
      CoreSubscriber<? super Cut> to = actual();
      Cut cut = new Cut(head, rest);
      actual = null;
      head = NONE;
      to.onNext(cut);
      to.onComplete();
    }

    /** Errors, and ends all that may still come, when the head cannot be one. */
    private boolean isRefused(boolean last) {
      try {
        check.check(head, headFilled, last);
        return false;
      } catch (HandshakeException e) {
        headDone = true;
        cancelRest();
        actual().onError(e);
        return true;
      }
    }

    private static byte[] bytes(ByteBuf buffer) {
      byte[] bytes = new byte[buffer.readableBytes()];
      buffer.readBytes(bytes);
      return bytes;
    }

    @Override
    public void onError(Throwable t) {
      if (!headDone) {
        actual().onError(t);
      } else if (!downstream.compareAndSet(null, new End(t))) {
        end(rest(), t);
      }
    }

    @Override
    public void onComplete() {
      if (!headDone) {
        if (headFilled == 0 || !isRefused(true)) {
          actual().onComplete();
        }
      } else if (!downstream.compareAndSet(null, new End(null))) {
        end(rest(), null);
      }
    }

    private static void end(
        @Nullable CoreSubscriber<? super ByteBuf> rest, @Nullable Throwable error) {
      if (rest == null) {
        return;
      }
      if (error == null) {
        rest.onComplete();
      } else {
        rest.onError(error);
      }
    }

    @SuppressWarnings("unchecked")
    private @Nullable CoreSubscriber<? super ByteBuf> rest() {
      return downstream.get() instanceof CoreSubscriber<?> rest
          ? (CoreSubscriber<? super ByteBuf>) rest
          : null;
    }

    private Subscription upstream() {
      Subscription s = upstream;
      return s == null ? Operators.cancelledSubscription() : s;
    }

    void attach(CoreSubscriber<? super ByteBuf> rest) {
      // Requests wait in there until signals have somewhere to go.
      Operators.DeferredSubscription requests = new Operators.DeferredSubscription();
      rest.onSubscribe(requests);
      if (downstream.compareAndSet(null, rest)) {
        requests.set(new RestSubscription(this));
      } else if (downstream.get() instanceof End end) {
        end(rest, end.error());
      }
    }

    void cancelRest() {
      upstream().cancel();
      // The cut outlives its subscriber as long as the connection does.
      downstream.set(new End(null));
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n) && requested.compareAndSet(false, true)) {
        upstream().request(1);
      }
    }

    @Override
    public void cancel() {
      upstream().cancel();
    }

    @Override
    public Context currentContext() {
      CoreSubscriber<?> rest = rest();
      return rest == null ? context : rest.currentContext();
    }
  }

  private record RestSubscription(CutSubscriber cut) implements Subscription {

    @Override
    public void request(long n) {
      cut.upstream().request(n);
    }

    @Override
    public void cancel() {
      cut.cancelRest();
    }
  }

  private static final class Rest extends Flux<ByteBuf> {

    private final CutSubscriber cut;
    private final AtomicBoolean subscribed = new AtomicBoolean();

    Rest(CutSubscriber cut) {
      this.cut = cut;
    }

    @Override
    public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
      if (subscribed.compareAndSet(false, true)) {
        cut.attach(actual);
      } else {
        Operators.error(
            actual, new IllegalStateException("a connection's input has one subscriber"));
      }
    }
  }
}
