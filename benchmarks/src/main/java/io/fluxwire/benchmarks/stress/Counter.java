package io.fluxwire.benchmarks.stress;

import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/** Counts all signals, those that should not come included. */
public final class Counter<T> implements CoreSubscriber<T>, Subscription {

  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger values = new AtomicInteger();
  private final AtomicInteger ends = new AtomicInteger();
  private final AtomicInteger overlaps = new AtomicInteger();
  private final long first;
  private Subscription source;

  /** Asks for so many as soon as it is subscribed. */
  public Counter(long first) {
    this.first = first;
  }

  @Override
  public void onSubscribe(Subscription s) {
    source = s;
    if (first > 0) {
      s.request(first);
    }
  }

  private void count(AtomicInteger signal) {
    if (inside.getAndIncrement() != 0) {
      overlaps.incrementAndGet();
    }
    signal.incrementAndGet();
    inside.decrementAndGet();
  }

  @Override
  public void onNext(T value) {
    count(values);
  }

  @Override
  public void onComplete() {
    count(ends);
  }

  @Override
  public void onError(Throwable error) {
    count(ends);
  }

  @Override
  public void request(long n) {
    source.request(n);
  }

  @Override
  public void cancel() {
    source.cancel();
  }

  /** How many values came. */
  public int values() {
    return values.get();
  }

  /** How many ends came, of either kind. */
  public int ends() {
    return ends.get();
  }

  /** How many signals came while another was being given: none may. */
  public int overlaps() {
    return overlaps.get();
  }
}
