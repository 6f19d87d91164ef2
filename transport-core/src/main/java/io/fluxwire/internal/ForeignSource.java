package io.fluxwire.internal;

import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * A publisher that the application gives, made one that always signals: whatever its code throws
 * when it is asked for, subscribed to or requested from is an error signal. Reactor's operators
 * throw fatal errors on instead, and who waits for the publisher would wait for ever.
 */
public final class ForeignSource {

  private ForeignSource() {}

  /**
   * Any number of values.
   *
   * @param what names it in errors and in the log, as "a source of addresses"
   * @param source is asked for the publisher at each subscription; may throw, or give null
   * @param <T> what the publisher gives
   * @return emits, completes and errors as the publisher does, and errors with what its code throws
   */
  public static <T> Flux<T> flux(
      String what, Supplier<? extends @Nullable Publisher<? extends T>> source) {
    return new Flux<>() {
      @Override
      public void subscribe(CoreSubscriber<? super T> actual) {
        new Guard<T>(what, actual).follow(source);
      }
    };
  }

  /**
   * One value or none.
   *
   * @param what names it in errors and in the log, as "the authorizer"
   * @param source is asked for the publisher at each subscription; may throw, or give null
   * @param <T> what the publisher gives
   * @return emits, completes and errors as the publisher does, and errors with what its code throws
   */
  public static <T> Mono<T> mono(
      String what, Supplier<? extends @Nullable Mono<? extends T>> source) {
    return new Mono<>() {
      @Override
      public void subscribe(CoreSubscriber<? super T> actual) {
        new Guard<T>(what, actual).follow(source);
      }
    };
  }

  private static final class Guard<T> implements CoreSubscriber<T>, Subscription {

    private final String what;
    private final CoreSubscriber<? super T> actual;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile @Nullable Subscription upstream;

    Guard(String what, CoreSubscriber<? super T> actual) {
      this.what = what;
      this.actual = actual;
    }

    void follow(Supplier<? extends @Nullable Publisher<? extends T>> source) {
      try {
        Publisher<? extends T> given = source.get();
        Objects.requireNonNull(given, () -> what + " gave null").subscribe(this);
      } catch (Throwable thrown) {
        broke(thrown);
      }
    }

    private void broke(Throwable thrown) {
      Callbacks.reportFatal(what, thrown);
      Subscription s = upstream;
      if (s == null) {
        upstream = Operators.cancelledSubscription();
        actual.onSubscribe(Operators.emptySubscription());
      } else {
        cancel(s);
      }
      onError(thrown);
    }

    @Override
    public void onSubscribe(Subscription s) {
      if (Operators.validate(upstream, s)) {
        upstream = s;
        actual.onSubscribe(this);
      }
    }

    @Override
    public void onNext(T value) {
      if (over.get()) {
        discard(value);
      } else {
        actual.onNext(value);
      }
    }

    /** Of a source that has ended already: nobody else knows of it. */
    private void discard(T value) {
      Callbacks.run(
          what,
          () -> {
            if (value instanceof ReferenceCounted) {
              ReferenceCountUtil.release(value);
            } else if (value instanceof Disposable resource) {
              resource.dispose();
            } else {
              Operators.onDiscard(value, currentContext());
            }
          });
    }

    @Override
    public void onError(Throwable failure) {
      if (over.compareAndSet(false, true)) {
        actual.onError(failure);
      } else {
        Callbacks.report(what, failure);
      }
    }

    @Override
    public void onComplete() {
      if (over.compareAndSet(false, true)) {
        actual.onComplete();
      }
    }

    @Override
    public void request(long n) {
      Subscription s = upstream;
      if (s != null) {
        try {
          s.request(n);
        } catch (Throwable thrown) {
          broke(thrown);
        }
      }
    }

    @Override
    public void cancel() {
      Subscription s = upstream;
      if (s != null) {
        cancel(s);
      }
    }

    private void cancel(Subscription s) {
      Callbacks.run(what, s::cancel);
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }
  }
}
