package io.fluxwire.crypto;

import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
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
  public static final int AHEAD = MadeAhead.COUNT;

  private final MadeAhead<SessionKeyPair> pairs;

  /**
   * None is made before the first one is asked for.
   *
   * @param curve gives the curve implementation; asked on the scheduler, since it may load a
   *     library
   * @param scheduler makes the pairs; may block, since it reads the system's random source
   */
  public SessionKeyPairs(Supplier<Secp256k1> curve, Scheduler scheduler) {
    Objects.requireNonNull(curve, "curve");
    Objects.requireNonNull(scheduler, "scheduler");
    SecureRandom random = new SecureRandom();
    pairs =
        new MadeAhead<>(
            () -> SessionKeyPair.generate(curve.get(), random), SessionKeyPair::destroy, scheduler);
  }

  /**
   * A pair that nobody else gets. Each subscription takes another.
   *
   * @return emits one that was made ahead, on the subscriber's thread, or one made on the
   *     scheduler; errors only with what the scheduler refuses
   */
  public Mono<SessionKeyPair> next() {
    return pairs.next();
  }

  /** Wipes the pairs that nobody took. None is made ahead any more; who asks still gets one. */
  @Override
  public void destroy() {
    pairs.destroy();
  }

  /** Those that were made ahead, for tests. */
  List<SessionKeyPair> waiting() {
    return pairs.waiting();
  }

  /** Makes a pair the next one, for tests of what is recorded. */
  void give(SessionKeyPair pair) {
    pairs.give(pair);
  }

  @Override
  public boolean isDestroyed() {
    return pairs.isDestroyed();
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "SessionKeyPairs[***]";
  }
}
