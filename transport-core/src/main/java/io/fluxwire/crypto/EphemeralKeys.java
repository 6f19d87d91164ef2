package io.fluxwire.crypto;

import java.security.SecureRandom;
import java.util.function.Supplier;
import javax.security.auth.Destroyable;
import reactor.core.scheduler.Scheduler;

/**
 * Where the keys come from that serve one session each.
 *
 * @param sessions gives session key pairs (protocol.md section 1)
 * @param kems gives ML-KEM-768 key pairs (section 9.1); makes none before one is asked for
 * @param random the source of the secrets that are encapsulated for the keys of peers
 */
public record EphemeralKeys(SessionKeyPairs sessions, KemKeyPairs kems, SecureRandom random)
    implements Destroyable {

  /**
   * All of one scheduler's making. None is made before the first one is asked for.
   *
   * @param curve gives the curve implementation; asked on the scheduler, since it may load a
   *     library
   * @param scheduler makes the pairs; may block, since it reads the system's random source
   * @return the sources, the caller's to destroy
   */
  public static EphemeralKeys from(Supplier<Secp256k1> curve, Scheduler scheduler) {
    return new EphemeralKeys(
        new SessionKeyPairs(curve, scheduler), new KemKeyPairs(scheduler), new SecureRandom());
  }

  /** Wipes the pairs that were made ahead. */
  @Override
  public void destroy() {
    sessions.destroy();
    kems.destroy();
  }

  @Override
  public boolean isDestroyed() {
    return sessions.isDestroyed() && kems.isDestroyed();
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "EphemeralKeys[***]";
  }
}
