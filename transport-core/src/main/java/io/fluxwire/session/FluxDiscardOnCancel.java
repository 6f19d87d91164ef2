package io.fluxwire.session;

import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.Isolated;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Goes on when its subscriber cancels: all is requested from then on and dropped, so that the
 * source runs to its end. A subscriber that throws has left, too, and gets what it threw as its
 * error. By hand, since Reactor's operators hand a cancel on to their source.
 *
 * <p>What is dropped is only forgotten: whoever emits a buffer releases it.
 */
final class FluxDiscardOnCancel<P> extends FluxOperator<P, P> {

  private final Runnable whenCancelled;

  /**
   * Wraps the source.
   *
   * @param source runs to its end once it is subscribed to
   * @param whenCancelled is told once when the subscriber has left
   */
  FluxDiscardOnCancel(Flux<P> source, Runnable whenCancelled) {
    super(source);
    this.whenCancelled = whenCancelled;
  }

  @Override
  public void subscribe(CoreSubscriber<? super P> actual) {
    source.subscribe(new DiscardSubscriber<>(actual, whenCancelled));
  }

  @Override
  @SuppressWarnings("rawtypes")
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
  }

  private static final class DiscardSubscriber<P>
      implements CoreSubscriber<P>, Subscription, Scannable {

    private final Context context;
    private final Runnable whenCancelled;
    private @Nullable Subscription upstream;

    /** Null once it has left: what it refers to would stay as long as the source runs. */
    private volatile @Nullable CoreSubscriber<? super P> actual;

    DiscardSubscriber(CoreSubscriber<? super P> actual, Runnable whenCancelled) {
      this.actual = actual;
      this.context = actual.currentContext();
      this.whenCancelled = whenCancelled;
    }

    @Override
    public void onSubscribe(Subscription s) {
      CoreSubscriber<? super P> to = actual;
      if (Operators.validate(upstream, s) && to != null) {
        upstream = s;
        to.onSubscribe(this);
      }
    }

    @Override
    public void onNext(P packet) {
      CoreSubscriber<? super P> to = actual;
      if (to == null) {
        return;
      }
      try {
        to.onNext(packet);
      } catch (Throwable thrown) {
        Callbacks.reportFatal("a reader of packets", thrown);
        cancel();
        Isolated.end(to, thrown);
      }
    }

    @Override
    public void onError(Throwable failure) {
      CoreSubscriber<? super P> to = actual;
      if (to != null) {
        Isolated.end(to, failure);
      }
    }

    @Override
    public void onComplete() {
      CoreSubscriber<? super P> to = actual;
      if (to != null) {
        Isolated.end(to, null);
      }
    }

    @Override
    public void request(long n) {
      Subscription s = upstream;
      if (s != null) {
        s.request(n);
      }
    }

    @Override
    public void cancel() {
      synchronized (this) {
        if (actual == null) {
          return;
        }
        actual = null;
      }
      whenCancelled.run();
      request(Long.MAX_VALUE);
    }

    @Override
    public Context currentContext() {
      return context;
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
      if (key == Attr.CANCELLED) {
        return actual == null;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
