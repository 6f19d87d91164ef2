package io.fluxwire.crypto;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Objects;
import javax.security.auth.Destroyable;

/**
 * The secp256k1 key pair of one session (protocol.md section 1). It serves one handshake: version
 * 3's uses it for one key agreement and destroys it with that. Not thread-safe; a session hands it
 * from stage to stage.
 */
public final class SessionKeyPair implements Destroyable {

  /** The size of a session public key: 33 bytes. */
  public static final int PUBLIC_KEY_SIZE = 33;

  private final byte[] secret;
  private final byte[] publicKey;
  private boolean destroyed;

  private SessionKeyPair(byte[] secret, byte[] publicKey) {
    this.secret = secret;
    this.publicKey = publicKey;
  }

  /**
   * A fresh pair. Reads the system's random source, so it is not for an event loop.
   *
   * @param curve the curve implementation
   * @param random the source of the secret
   * @return a pair for one session
   */
  public static SessionKeyPair generate(Secp256k1 curve, SecureRandom random) {
    byte[] secret = new byte[32];
    do {
      random.nextBytes(secret);
    } while (!curve.isSecret(secret));
    return new SessionKeyPair(secret, curve.publicKey(secret));
  }

  /**
   * The pair of a known secret, for reproducing recorded sessions.
   *
   * @param curve the curve implementation
   * @param secret 32 bytes, copied
   * @return the pair
   * @throws IllegalArgumentException when the secret is not valid
   */
  public static SessionKeyPair of(Secp256k1 curve, byte[] secret) {
    return new SessionKeyPair(secret.clone(), curve.publicKey(secret));
  }

  /**
   * The public half, as it goes on the wire.
   *
   * @return 33 bytes, a copy
   */
  public byte[] publicKey() {
    return publicKey.clone();
  }

  /**
   * The secret that this pair and the peer's public key share (section 2). Ends in {@link
   * #destroy()}, however it ends.
   *
   * @param curve the curve implementation
   * @param theirs the peer's session public key, 33 bytes
   * @return 32 bytes, the caller's to wipe
   * @throws IllegalArgumentException when the key is not valid
   * @throws IllegalStateException when this pair was used or destroyed before
   */
  byte[] agree(Secp256k1 curve, byte[] theirs) {
    Objects.requireNonNull(theirs, "theirs");
    try {
      return agreeOnce(curve, theirs);
    } finally {
      destroy();
    }
  }

  /**
   * As {@link #agree}, but the pair stays: Noise agrees by one pair with the peer's ephemeral key
   * and with its static one.
   *
   * @param curve the curve implementation
   * @param theirs a public key of the peer's, 33 bytes
   * @return 32 bytes, the caller's to wipe
   * @throws IllegalArgumentException when the key is not valid
   * @throws IllegalStateException when this pair was used up or destroyed before
   */
  byte[] agreeOnce(Secp256k1 curve, byte[] theirs) {
    if (destroyed) {
      throw new IllegalStateException("a session key pair is good for one handshake");
    }
    return curve.sharedSecret(secret, theirs);
  }

  /** Wipes the secret. */
  @Override
  public void destroy() {
    Arrays.fill(secret, (byte) 0);
    destroyed = true;
  }

  @Override
  public boolean isDestroyed() {
    return destroyed;
  }

  /** Shows the public key only. */
  @Override
  public String toString() {
    return "SessionKeyPair[" + java.util.HexFormat.of().formatHex(publicKey) + ", secret=***]";
  }
}
