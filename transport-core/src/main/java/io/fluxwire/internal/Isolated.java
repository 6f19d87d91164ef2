package io.fluxwire.internal;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Keeps what a subscriber throws away from whoever signals to it, who has others to tell and more
 * to do. Reactor's operators throw fatal errors out of {@code onNext}, and a subscriber that is
 * none of Reactor's may throw anything anywhere.
 *
 * <p>One that throws in {@code onNext} has its source cancelled and gets what it threw as its
 * error.
 */
public final class Isolated {

  private static final String SUBSCRIBER = "a subscriber";

  private Isolated() {}

  /**
   * Isolates the subscribers of a mono.
   *
   * @param source signals to them
   * @param <T> what it gives
   * @return the same signals
   */
  public static <T> Mono<T> mono(Mono<T> source) {
    return new MonoOperator<T, T>(source) {
      @Override
      public void subscribe(CoreSubscriber<? super T> actual) {
        source.subscribe(new Fence<>(actual, thrown -> {}));
      }
    };
  }

  /**
   * Isolates the subscribers of a flux.
   *
   * @param source signals to them
   * @param whenThrown is told what a subscriber threw in {@code onNext}, once the source is
   *     cancelled and before the subscriber gets its error
   * @param <T> what it gives
   * @return the same signals
   */
  public static <T> Flux<T> flux(Flux<T> source, Consumer<? super Throwable> whenThrown) {
    return new FluxOperator<T, T>(source) {
      @Override
      public void subscribe(CoreSubscriber<? super T> actual) {
        source.subscribe(new Fence<>(actual, whenThrown));
      }
    };
  }

  /**
   * Tells a subscriber that a stream has ended.
   *
   * @param actual may throw anything
   * @param failure why; null for its completion
   */
  public static void end(CoreSubscriber<?> actual, @Nullable Throwable failure) {
    Callbacks.run(
        SUBSCRIBER,
        () -> {
          if (failure == null) {
            actual.onComplete();
          } else {
            actual.onError(failure);
          }
        });
  }

  private static final class Fence<T> implements CoreSubscriber<T>, Subscription {

    private final CoreSubscriber<? super T> actual;
    private final Consumer<? super Throwable> whenThrown;
    private @Nullable Subscription upstream;
    private boolean over;

    Fence(CoreSubscriber<? super T> actual, Consumer<? super Throwable> whenThrown) {
      this.actual = actual;
      this.whenThrown = whenThrown;
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
      if (over) {
        return;
      }
      try {
        actual.onNext(value);
      } catch (Throwable thrown) {
        over = true;
        Callbacks.reportFatal(SUBSCRIBER, thrown);
        cancel();
        whenThrown.accept(thrown);
        end(actual, thrown);
      }
    }

    @Override
    public void onError(Throwable failure) {
      if (!over) {
        over = true;
        end(actual, failure);
      }
    }

    @Override
    public void onComplete() {
      if (!over) {
        over = true;
        end(actual, null);
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
      Subscription s = upstream;
      if (s != null) {
        s.cancel();
      }
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }
  }
}
