package io.fluxwire.crypto;

/**
 * The curve operations that the handshake needs, and no more. Implementations are stateless,
 * thread-safe, and never block; each operation takes 0.03 to 0.1 ms of CPU, so callers keep them
 * off event loops that serve established streams.
 *
 * <p>Numbers and points are big-endian bytes: a secret has 32 bytes, a public key 33 (compressed),
 * a signature 64 ({@code r || s}).
 */
public interface Secp256k1 {

  /**
   * The implementation for this process: libsecp256k1 where its JNI binding is on the class path
   * and its library can be loaded from {@code java.io.tmpdir}, BouncyCastle otherwise. That a
   * binding is there and cannot be loaded is logged as a warning. The system property {@code
   * fluxwire.secp256k1} ({@code libsecp256k1} or {@code bouncycastle}) decides otherwise. Chosen
   * and logged once.
   *
   * @return the implementation
   * @throws IllegalStateException when the property names one that is not there
   */
  static Secp256k1 preferred() {
    return PreferredSecp256k1.get();
  }

  /**
   * BouncyCastle's implementation, which is always there.
   *
   * @return the implementation
   */
  static Secp256k1 bouncyCastle() {
    return BouncyCastleSecp256k1.INSTANCE;
  }

  /**
   * The implementation's name, for logs.
   *
   * @return {@code libsecp256k1} or {@code bouncycastle}
   */
  String name();

  /**
   * Whether a number is a valid secret: above 0 and below the group order.
   *
   * @param secret any bytes
   * @return false as well when it has not 32 bytes
   */
  boolean isSecret(byte[] secret);

  /**
   * Whether bytes are the compressed form of a point of the curve.
   *
   * @param publicKey any bytes
   * @return false as well when it has not 33 bytes
   */
  boolean isPublicKey(byte[] publicKey);

  /**
   * The public key of a secret.
   *
   * @param secret a valid secret, not kept
   * @return 33 bytes
   * @throws IllegalArgumentException when the secret is not valid
   */
  byte[] publicKey(byte[] secret);

  /**
   * Elliptic-curve Diffie-Hellman: SHA-256 of the compressed shared point (protocol.md section 2).
   *
   * @param secret a valid secret, not kept
   * @param publicKey a valid public key
   * @return 32 bytes, the caller's to wipe
   * @throws IllegalArgumentException when either is not valid
   */
  byte[] sharedSecret(byte[] secret, byte[] publicKey);

  /**
   * Signs deterministically (RFC 6979 with SHA-256, no extra entropy) and with a low s.
   *
   * @param secret a valid secret, not kept
   * @param hash the 32 bytes to sign
   * @return 64 bytes
   * @throws IllegalArgumentException when the secret is not valid
   */
  byte[] sign(byte[] secret, byte[] hash);

  /**
   * Verifies a signature whose r and s are in range and whose s is low. What it says of another is
   * not specified: {@link Signatures} tells those apart first.
   *
   * @param signature 64 bytes
   * @param hash the 32 bytes that were signed
   * @param publicKey a valid public key
   * @return whether it verifies
   */
  boolean verify(byte[] signature, byte[] hash, byte[] publicKey);
}
