package io.fluxwire.internal;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * Hands a resource over to a subscriber, or closes it. Which came first, the resource or the
 * cancel, is decided once, atomically, and a resource that comes second is closed. So is one that
 * the subscriber throws at, who gets what it threw as its error.
 *
 * <p>An operator can drop a resource that it was given: {@code timeout()} in the moment in which it
 * gives up, {@code map()} when its function throws. It cancels then, but so does {@code next()},
 * which goes on to use the resource. So after a cancel that comes second, a {@link Claimable}
 * resource has {@link #GRACE} to be claimed, and is closed when it was not.
 */
public final class HandOver {

  /** How long a resource may be without a claim once its subscriber has cancelled: 1 s. */
  public static final Duration GRACE = Duration.ofSeconds(1);

  private enum State {
    /** Nobody has it. */
    AWAITED,
    /** It is the subscriber's. */
    HANDED,
    /** It is the subscriber's, who has cancelled. */
    LOOKED_AFTER,
    /** The subscriber has cancelled, and gets none. */
    CANCELLED,
    /** It has ended without one. */
    ENDED
  }

  private HandOver() {}

  /**
   * The operator.
   *
   * @param source makes the resource, and goes on to emit it when it is cancelled too late
   * @param close closes a resource that nobody gets; may throw
   * @param timers tells the time of a {@link Claimable} resource
   * @param <T> the resource
   * @return emits the resource to a subscriber that has not cancelled
   */
  public static <T> Mono<T> of(Mono<T> source, Consumer<? super T> close, Scheduler timers) {
    return new MonoOperator<T, T>(source) {
      @Override
      public void subscribe(CoreSubscriber<? super T> actual) {
        source.subscribe(new Receiver<>(actual, close, timers));
      }
    };
  }

  private static final class Receiver<T> implements CoreSubscriber<T>, Subscription {

    private final CoreSubscriber<? super T> actual;
    private final Consumer<? super T> close;
    private final Scheduler timers;
    private final AtomicReference<State> state = new AtomicReference<>(State.AWAITED);
    private @Nullable Subscription upstream;

    /** Written before {@link State#HANDED} is. */
    private @Nullable T handed;

    Receiver(CoreSubscriber<? super T> actual, Consumer<? super T> close, Scheduler timers) {
      this.actual = actual;
      this.close = close;
      this.timers = timers;
    }

    @Override
    public void onSubscribe(Subscription s) {
      if (Operators.validate(upstream, s)) {
        upstream = s;
        actual.onSubscribe(this);
      }
    }

    @Override
    public void onNext(T resource) {
      handed = resource;
      if (!state.compareAndSet(State.AWAITED, State.HANDED)) {
        close(resource);
        return;
      }
      try {
        actual.onNext(resource);
      } catch (Throwable thrown) {
        state.set(State.ENDED);
        Callbacks.reportFatal("a subscriber", thrown);
        close(resource);
        Isolated.end(actual, thrown);
      }
    }

    @Override
    public void onError(Throwable failure) {
      if (state.compareAndSet(State.AWAITED, State.ENDED)) {
        Isolated.end(actual, failure);
      }
    }

    @Override
    public void onComplete() {
      if (state.get() == State.HANDED || state.compareAndSet(State.AWAITED, State.ENDED)) {
        Isolated.end(actual, null);
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
      if (state.compareAndSet(State.AWAITED, State.CANCELLED)) {
        Subscription s = upstream;
        if (s != null) {
          s.cancel();
        }
      } else if (state.compareAndSet(State.HANDED, State.LOOKED_AFTER)) {
        lookAfter(handed);
      }
    }

    private void lookAfter(@Nullable T resource) {
      if (resource instanceof Claimable claimable && !claimable.isClaimed()) {
        Runnable look =
            () -> {
              if (!claimable.isClaimed()) {
                close(resource);
              }
            };
        try {
          timers.schedule(look, GRACE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
          // The threads of the resource are gone, too.
          close(resource);
        }
      }
    }

    private void close(T resource) {
      Callbacks.run("closing what nobody wants any more", () -> close.accept(resource));
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }
  }
}
