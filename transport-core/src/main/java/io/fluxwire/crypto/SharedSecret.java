package io.fluxwire.crypto;

import java.util.Arrays;
import java.util.function.Function;
import javax.security.auth.Destroyable;

/**
 * What the session key pairs of two sides share (protocol.md section 2), for as long as it is not
 * settled whether more than {@link SessionKeys} comes of it (section 9.2). Thread-safe.
 */
public final class SharedSecret implements Destroyable {

  private final byte[] secret;
  private final byte[] ours;
  private final byte[] theirs;
  private boolean destroyed;

  private SharedSecret(byte[] secret, byte[] ours, byte[] theirs) {
    this.secret = secret;
    this.ours = ours;
    this.theirs = theirs;
  }

  /**
   * Agrees on the secret with the peer. Takes about 0.1 ms of CPU. The pair is wiped.
   *
   * @param curve the curve implementation
   * @param ours this side's session key pair, used up by this
   * @param theirs the peer's session public key, 33 bytes
   * @return the secret, the caller's to destroy
   * @throws IllegalArgumentException when the peer's key is not a point of the curve
   * @throws IllegalStateException when the pair was used before
   */
  public static SharedSecret agree(Secp256k1 curve, SessionKeyPair ours, byte[] theirs) {
    return new SharedSecret(ours.agree(curve, theirs), ours.publicKey(), theirs.clone());
  }

  /**
   * Derives version 3's keys. The secret stays.
   *
   * @return the keys of both directions, each good for one stream
   * @throws IllegalStateException when the secret was used up or destroyed before
   */
  public synchronized SessionKeys sessionKeys() {
    requireUnused();
    return new SessionKeys(
        DirectionKeys.derive(secret, ours), DirectionKeys.derive(secret, theirs));
  }

  /**
   * Derives something else, and wipes the secret, whatever the derivation throws.
   *
   * @param derivation gets the 32 bytes, which it must not keep
   * @param <T> what it makes
   * @return what it gave
   * @throws IllegalStateException when the secret was used up or destroyed before
   */
  public synchronized <T> T use(Function<byte[], T> derivation) {
    requireUnused();
    try {
      return derivation.apply(secret);
    } finally {
      destroy();
    }
  }

  private void requireUnused() {
    if (destroyed) {
      throw new IllegalStateException("a shared secret is good for one session");
    }
  }

  /** Wipes the secret. */
  @Override
  public synchronized void destroy() {
    Arrays.fill(secret, (byte) 0);
    destroyed = true;
  }

  @Override
  public synchronized boolean isDestroyed() {
    return destroyed;
  }

  /** Shows no secret. */
  @Override
  public String toString() {
    return "SharedSecret[***]";
  }
}
