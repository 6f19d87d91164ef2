package io.fluxwire.crypto;

import java.security.SecureRandom;
import java.util.Arrays;
import javax.security.auth.Destroyable;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;

/**
 * The ML-KEM-768 key pair of one session (FIPS 203; protocol.md section 9.1), by BouncyCastle. It
 * opens one ciphertext and is destroyed by that. Not thread-safe; a session hands it from stage to
 * stage.
 */
public final class KemKeyPair implements Destroyable {

  private static final int SEED_SIZE = 64;

  private final MLKEMPrivateKeyParameters key;
  private final byte[] publicKey;

  private KemKeyPair(byte[] seed) {
    key = new MLKEMPrivateKeyParameters(Kem.PARAMETERS, seed);
    publicKey = key.getPublicKey();
  }

  /**
   * A fresh pair. Computes long and reads the random source, so it is not for an event loop.
   *
   * @param random the source of the seed
   * @return a pair for one session
   */
  public static KemKeyPair generate(SecureRandom random) {
    byte[] seed = new byte[SEED_SIZE];
    random.nextBytes(seed);
    try {
      return new KemKeyPair(seed);
    } finally {
      Arrays.fill(seed, (byte) 0);
    }
  }

  /**
   * The pair of a known seed, for reproducing recorded sessions.
   *
   * @param seed FIPS 203's d and z, 64 bytes, copied
   * @return the pair
   * @throws IllegalArgumentException when the size is another
   */
  public static KemKeyPair of(byte[] seed) {
    if (seed.length != SEED_SIZE) {
      throw new IllegalArgumentException("the seed of an ML-KEM-768 key has 64 bytes");
    }
    return new KemKeyPair(seed);
  }

  /**
   * The encapsulation key, as it goes on the wire.
   *
   * @return 1,184 bytes, a copy
   */
  public byte[] publicKey() {
    return publicKey.clone();
  }

  /**
   * The secret of a ciphertext. Ends in {@link #destroy()}, however it ends. A wrong ciphertext of
   * the right size gives another secret, as FIPS 203 wants it.
   *
   * @param ciphertext what the peer sent
   * @return 32 bytes, the caller's to wipe
   * @throws IllegalArgumentException when the ciphertext's size is not {@link Kem#CIPHERTEXT_SIZE}
   * @throws IllegalStateException when this pair was used or destroyed before
   */
  public byte[] decapsulate(byte[] ciphertext) {
    if (isDestroyed()) {
      throw new IllegalStateException("an ML-KEM key pair is good for one ciphertext");
    }
    try {
      if (ciphertext.length != Kem.CIPHERTEXT_SIZE) {
        throw new IllegalArgumentException(
            "an ML-KEM-768 ciphertext has 1,088 bytes, not %,d".formatted(ciphertext.length));
      }
      return new MLKEMExtractor(key).extractSecret(ciphertext);
    } finally {
      destroy();
    }
  }

  /**
   * Wipes the decapsulation key and its seed. BouncyCastle's copies from the time of its computing
   * are out of reach, and the garbage collector's.
   */
  @Override
  public void destroy() {
    key.destroy();
  }

  @Override
  public boolean isDestroyed() {
    return key.isDestroyed();
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "KemKeyPair[***]";
  }
}
