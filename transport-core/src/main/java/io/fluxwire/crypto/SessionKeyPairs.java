package io.fluxwire.crypto;

import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import javax.security.auth.Destroyable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Fresh session key pairs, a few of them made ahead of time, so that a handshake sends its key at
 * once and needs one trip less to the threads of the curve. Thread-safe.
 */
public final class SessionKeyPairs implements Destroyable {

  /** How many pairs wait at most: 8. */
  public static final int AHEAD = 8;

  private final Supplier<Secp256k1> curve;
  private final Scheduler scheduler;
  private final SecureRandom random = new SecureRandom();
  private final Queue<SessionKeyPair> ready = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean filling = new AtomicBoolean();
  private volatile boolean destroyed;

  /**
   * None is made before the first one is asked for.
   *
   * @param curve gives the curve implementation; asked on the scheduler, since it may load a
   *     library
   * @param scheduler makes the pairs; may block, since it reads the system's random source
   */
  public SessionKeyPairs(Supplier<Secp256k1> curve, Scheduler scheduler) {
    this.curve = Objects.requireNonNull(curve, "curve");
    this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
  }

  /**
   * A pair that nobody else gets. Each subscription takes another.
   *
   * @return emits one that was made ahead, on the subscriber's thread, or one made on the
   *     scheduler; errors only with what the scheduler refuses
   */
  public Mono<SessionKeyPair> next() {
    return Mono.defer(
        () -> {
          SessionKeyPair pair = ready.poll();
          if (pair == null) {
            return Mono.fromCallable(this::generate)
                .subscribeOn(scheduler)
                .doOnNext(made -> fill());
          }
          fill();
          return Mono.just(pair);
        });
  }

  private SessionKeyPair generate() {
    return SessionKeyPair.generate(curve.get(), random);
  }

  private void fill() {
    if (destroyed || ready.size() > AHEAD / 2 || !filling.compareAndSet(false, true)) {
      return;
    }
    try {
      scheduler.schedule(
          () -> {
            try {
              while (ready.size() < AHEAD && !destroyed) {
                ready.add(generate());
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

  /** Wipes the pairs that nobody took. None is made ahead any more; who asks still gets one. */
  @Override
  public void destroy() {
    destroyed = true;
    wipe();
  }

  /** Those that were made ahead, for tests. */
  List<SessionKeyPair> waiting() {
    return List.copyOf(ready);
  }

  private void wipe() {
    for (SessionKeyPair pair = ready.poll(); pair != null; pair = ready.poll()) {
      pair.destroy();
    }
  }

  @Override
  public boolean isDestroyed() {
    return destroyed;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "SessionKeyPairs[***]";
  }
}
