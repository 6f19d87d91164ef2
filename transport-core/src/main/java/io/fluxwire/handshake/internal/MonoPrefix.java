package io.fluxwire.handshake.internal;

import io.fluxwire.PeerException;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Reads the next bytes of a connection, and leaves it to whoever reads on: what came behind them is
 * {@linkplain ByteDuplex#unread unread} before they are emitted. Empty when the stream ends first,
 * or when they are not to be taken; what had come of them is unread then, and also when whoever
 * waits for them cancels.
 */
public final class MonoPrefix extends Mono<byte[]> {

  private final ByteDuplex duplex;
  private final int atFirst;
  private final Extent extent;

  /** Judges the bytes before they are all here, and says how many they are. */
  @FunctionalInterface
  public interface Extent {

    /** Takes none of the bytes: all are put back, and nothing is emitted. */
    int LEAVE = -1;

    /**
     * Called whenever more of them are there.
     *
     * @param prefix the first bytes, and zeros
     * @param filled how many are there
     * @param last whether as many are there as were wanted, or the stream has ended
     * @return how many are wanted as far as it is known, never fewer than before; or {@link #LEAVE}
     * @throws PeerException to end the stream with
     */
    int size(byte[] prefix, int filled, boolean last);
  }

  /**
   * Reads a prefix.
   *
   * @param duplex the connection; subscribe on its scheduler
   * @param atFirst how many bytes are wanted before any is there, above 0
   * @param extent says whether more are
   */
  public MonoPrefix(ByteDuplex duplex, int atFirst, Extent extent) {
    this.duplex = duplex;
    this.atFirst = atFirst;
    this.extent = extent;
  }

  @Override
  public void subscribe(CoreSubscriber<? super byte[]> actual) {
    duplex.receive().subscribe(new PrefixSubscriber(actual));
  }

  private final class PrefixSubscriber implements CoreSubscriber<ByteBuf>, Subscription {

    private final CoreSubscriber<? super byte[]> actual;
    private final AtomicBoolean requested = new AtomicBoolean();
    private byte[] prefix = new byte[atFirst];
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
      while (!done) {
        int part = Math.min(prefix.length - filled, buffer.readableBytes());
        buffer.readBytes(prefix, filled, part);
        filled += part;
        int size = size(filled == prefix.length);
        if (done) {
          return;
        }
        if (size == Extent.LEAVE) {
          leave(buffer);
        } else if (size > prefix.length) {
          prefix = Arrays.copyOf(prefix, size);
        } else if (filled == size) {
          take(buffer);
        }
        if (!done && !buffer.isReadable()) {
          upstream().request(1);
          return;
        }
      }
    }

    private int size(boolean last) {
      try {
        return extent.size(prefix, filled, last);
      } catch (PeerException e) {
        done = true;
        upstream().cancel();
        actual.onError(e);
        return Extent.LEAVE;
      }
    }

    private void take(ByteBuf rest) {
      done = true;
      upstream().cancel();
      unread(0, rest);
      actual.onNext(prefix);
      actual.onComplete();
    }

    private void leave(ByteBuf rest) {
      done = true;
      upstream().cancel();
      unread(filled, rest);
      actual.onComplete();
    }

    /** Puts back the first bytes of the prefix, and what is behind it. */
    private void unread(int bytes, ByteBuf rest) {
      int size = bytes + rest.readableBytes();
      if (size > 0) {
        byte[] back = Arrays.copyOf(prefix, size);
        rest.readBytes(back, bytes, size - bytes);
        duplex.unread(Unpooled.wrappedBuffer(back));
      }
    }

    @Override
    public void onError(Throwable t) {
      if (done) {
        Operators.onErrorDropped(t, currentContext());
      } else {
        done = true;
        unread(filled, Unpooled.EMPTY_BUFFER);
        actual.onError(t);
      }
    }

    @Override
    public void onComplete() {
      if (done) {
        return;
      }
      if (filled > 0) {
        size(true);
      }
      if (!done) {
        leave(Unpooled.EMPTY_BUFFER);
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
      if (!done) {
        done = true;
        unread(filled, Unpooled.EMPTY_BUFFER);
      }
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }
  }
}
