package io.fluxwire.crypto;

import javax.security.auth.Destroyable;

/**
 * The keys of both directions of one session (protocol.md section 2).
 *
 * @param sending the keys of what this side sends
 * @param receiving the keys of what the peer sends
 */
public record SessionKeys(DirectionKeys sending, DirectionKeys receiving) implements Destroyable {

  /**
   * Agrees on a shared secret with the peer and derives both directions' keys from it. The pair and
   * the shared secret are wiped.
   *
   * @param curve the curve implementation
   * @param ours this side's session key pair, used up by this
   * @param theirs the peer's session public key, 33 bytes
   * @return the keys, each good for one stream
   * @throws IllegalArgumentException when the peer's key is not a point of the curve
   * @throws IllegalStateException when the pair was used before
   */
  public static SessionKeys agree(Secp256k1 curve, SessionKeyPair ours, byte[] theirs) {
    SharedSecret shared = SharedSecret.agree(curve, ours, theirs);
    try {
      return shared.sessionKeys();
    } finally {
      shared.destroy();
    }
  }

  /** Wipes what neither stream has taken. */
  @Override
  public void destroy() {
    sending.destroy();
    receiving.destroy();
  }

  @Override
  public boolean isDestroyed() {
    return sending.isDestroyed() && receiving.isDestroyed();
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "SessionKeys[***]";
  }
}
