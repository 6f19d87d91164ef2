package io.fluxwire.handshake.v3;

import io.fluxwire.HandshakeException;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Reads the first bytes of a connection, and leaves it to whoever reads on: what came behind them
 * is {@linkplain ByteDuplex#unread unread} before they are emitted. Empty when the stream ends
 * first.
 */
final class MonoPrefix extends Mono<byte[]> {

  private final ByteDuplex duplex;
  private final int size;
  private final Check check;

  /** Judges the bytes before they are all here. */
  @FunctionalInterface
  interface Check {

    /**
     * Called whenever more of them are there.
     *
     * @param prefix the first bytes, and zeros
     * @param filled how many are there
     * @param last whether no more will come
     * @throws HandshakeException to end the stream with
     */
    void check(byte[] prefix, int filled, boolean last);
  }

  MonoPrefix(ByteDuplex duplex, int size, Check check) {
    this.duplex = duplex;
    this.size = size;
    this.check = check;
  }

  @Override
  public void subscribe(CoreSubscriber<? super byte[]> actual) {
    duplex.receive().subscribe(new PrefixSubscriber(actual));
  }

  private final class PrefixSubscriber implements CoreSubscriber<ByteBuf>, Subscription {

    private final CoreSubscriber<? super byte[]> actual;
    private final byte[] prefix = new byte[size];
    private final AtomicBoolean requested = new AtomicBoolean();
    private @Nullable Subscription upstream;
    private int filled;
    private boolean done;

    PrefixSubscriber(CoreSubscriber<? super byte[]> actual) {
      this.actual = actual;
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
        return;
      }
      int part = Math.min(size - filled, buffer.readableBytes());
      buffer.readBytes(prefix, filled, part);
      filled += part;
      if (isRefused(filled == size)) {
        return;
      }
      if (filled < size) {
        upstream().request(1);
        return;
      }
      done = true;
      upstream().cancel();
      if (buffer.isReadable()) {
        byte[] more = new byte[buffer.readableBytes()];
        buffer.readBytes(more);
        duplex.unread(Unpooled.wrappedBuffer(more));
      }
      actual.onNext(prefix);
      actual.onComplete();
    }

    private boolean isRefused(boolean last) {
      try {
        check.check(prefix, filled, last);
        return false;
      } catch (HandshakeException e) {
        done = true;
        upstream().cancel();
        actual.onError(e);
        return true;
      }
    }

    @Override
    public void onError(Throwable t) {
      if (done) {
        Operators.onErrorDropped(t, currentContext());
      } else {
        done = true;
        actual.onError(t);
      }
    }

    @Override
    public void onComplete() {
      if (!done && (filled == 0 || !isRefused(true))) {
        done = true;
        actual.onComplete();
      }
    }

    private Subscription upstream() {
      Subscription s = upstream;
      return s == null ? Operators.cancelledSubscription() : s;
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
      return actual.currentContext();
    }
  }
}
