package io.fluxwire.crypto;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Fresh key pairs of one kind, a few of them made ahead of time. Thread-safe. */
final class MadeAhead<P> {

  /** How many wait at most. */
  static final int COUNT = 8;

  private final Supplier<P> maker;
  private final Consumer<P> wiper;
  private final Scheduler scheduler;
  private final Queue<P> ready = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean filling = new AtomicBoolean();
  private volatile boolean destroyed;

  /**
   * None is made before the first one is asked for.
   *
   * @param maker makes one, on the scheduler
   * @param wiper wipes one that nobody took
   */
  MadeAhead(Supplier<P> maker, Consumer<P> wiper, Scheduler scheduler) {
    this.maker = maker;
    this.wiper = wiper;
    this.scheduler = scheduler;
  }

  Mono<P> next() {
    return Mono.defer(
        () -> {
          P pair = ready.poll();
          if (pair == null) {
            return Mono.fromCallable(maker::get).subscribeOn(scheduler).doOnNext(made -> fill());
          }
          fill();
          return Mono.just(pair);
        });
  }

  private void fill() {
    if (destroyed || ready.size() > COUNT / 2 || !filling.compareAndSet(false, true)) {
      return;
    }
    try {
      scheduler.schedule(
          () -> {
            try {
              while (ready.size() < COUNT && !destroyed) {
                ready.add(maker.get());
              }
              if (destroyed) {
                wipe();
              }
            } finally {
              filling.set(false);
            }
          });
    } catch (RuntimeException | Error e) {
      // Disposed, or no thread left. Whoever finds none ready asks it again, and hears of it.
      filling.set(false);
    }
  }

  /** Wipes those that nobody took. None is made ahead any more; who asks still gets one. */
  void destroy() {
    destroyed = true;
    wipe();
  }

  boolean isDestroyed() {
    return destroyed;
  }

  /** Those that were made ahead, for tests. */
  List<P> waiting() {
    return List.copyOf(ready);
  }

  void give(P pair) {
    ready.add(pair);
  }

  private void wipe() {
    for (P pair = ready.poll(); pair != null; pair = ready.poll()) {
      wiper.accept(pair);
    }
  }
}
