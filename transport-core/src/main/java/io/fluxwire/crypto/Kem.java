package io.fluxwire.crypto;

import java.security.SecureRandom;
import java.util.Arrays;
import javax.security.auth.DestroyFailedException;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.kems.MLKEMGenerator;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPublicKeyParameters;

/**
 * The sending side of ML-KEM-768 (FIPS 203; protocol.md section 9.1), by BouncyCastle. Thread-safe.
 */
public final class Kem {

  /** The size of an encapsulation key: 1,184 bytes. */
  public static final int PUBLIC_KEY_SIZE = 1_184;

  /** The size of a ciphertext: 1,088 bytes. */
  public static final int CIPHERTEXT_SIZE = 1_088;

  /** The size of the secret: 32 bytes. */
  public static final int SECRET_SIZE = 32;

  static final MLKEMParameters PARAMETERS = MLKEMParameters.ml_kem_768;

  private static final int MODULUS = 3_329;

  /** Three polynomials of 256 coefficients of 12 bits; a seed of 32 bytes follows. */
  private static final int COEFFICIENT_BYTES = 3 * 256 * 12 / 8;

  private Kem() {}

  /**
   * A secret, and what tells it to the owner of a key.
   *
   * @param ciphertext 1,088 bytes
   * @param secret 32 bytes, the caller's to wipe
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed over, and never compared.
  public record Encapsulation(byte[] ciphertext, byte[] secret) {

    /** Shows no secret. */
    @Override
    public String toString() {
      return "Encapsulation[***]";
    }
  }

  /**
   * Makes a secret for the owner of a key. Computes long and reads the random source, so it is not
   * for an event loop.
   *
   * @param publicKey what the peer sent
   * @param random the source of the secret
   * @return the secret and its ciphertext
   * @throws IllegalArgumentException when the key fails FIPS 203's checks: its size is not {@link
   *     #PUBLIC_KEY_SIZE}, or a coefficient is not below the modulus
   */
  public static Encapsulation encapsulate(byte[] publicKey, SecureRandom random) {
    byte[] message = new byte[SECRET_SIZE];
    random.nextBytes(message);
    try {
      return encapsulate(publicKey, message);
    } finally {
      Arrays.fill(message, (byte) 0);
    }
  }

  /** As {@link #encapsulate(byte[], SecureRandom)}, with given randomness of 32 bytes. */
  static Encapsulation encapsulate(byte[] publicKey, byte[] message) {
    check(publicKey);
    // What BouncyCastle computes with in between (polynomials, the hash of the message) it leaves
    // to the garbage collector, and nobody can wipe it.
    SecretWithEncapsulation made =
        MLKEMGenerator.internalGenerateEncapsulated(
            new MLKEMPublicKeyParameters(PARAMETERS, publicKey), message);
    try {
      return new Encapsulation(made.getEncapsulation(), made.getSecret());
    } finally {
      destroy(made);
    }
  }

  private static void destroy(SecretWithEncapsulation made) {
    try {
      made.destroy();
    } catch (DestroyFailedException e) {
      throw new IllegalStateException("BouncyCastle's can be destroyed", e);
    }
  }

  private static void check(byte[] publicKey) {
    if (publicKey.length != PUBLIC_KEY_SIZE) {
      throw new IllegalArgumentException(
          "an ML-KEM-768 encapsulation key has 1,184 bytes, not %,d".formatted(publicKey.length));
    }
    for (int i = 0; i < COEFFICIENT_BYTES; i += 3) {
      int low = (publicKey[i] & 0xff) | ((publicKey[i + 1] & 0x0f) << 8);
      int high = ((publicKey[i + 1] & 0xf0) >> 4) | ((publicKey[i + 2] & 0xff) << 4);
      if (low >= MODULUS || high >= MODULUS) {
        throw new IllegalArgumentException(
            "a coefficient of the ML-KEM-768 encapsulation key is not below the modulus");
      }
    }
  }
}
