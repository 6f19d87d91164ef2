package io.fluxwire.benchmarks.stress;

import java.util.concurrent.atomic.AtomicLong;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/** A source whose signals an actor gives. */
public final class ManualSource<T> extends Flux<T> implements Subscription {

  private final AtomicLong requested = new AtomicLong();
  private CoreSubscriber<? super T> actual;
  private volatile boolean cancelled;

  @Override
  public void subscribe(CoreSubscriber<? super T> subscriber) {
    actual = subscriber;
    subscriber.onSubscribe(this);
  }

  @Override
  public void request(long n) {
    requested.accumulateAndGet(n, Operators::addCap);
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  /** Gives the next one. */
  public void next(T value) {
    actual.onNext(value);
  }

  /** Ends. */
  public void complete() {
    actual.onComplete();
  }

  /** Fails. */
  public void fail(Throwable error) {
    actual.onError(error);
  }

  /** How many were asked for. */
  public long requested() {
    return requested.get();
  }

  /** Whether it was told to stop. */
  public boolean isCancelled() {
    return cancelled;
  }
}
