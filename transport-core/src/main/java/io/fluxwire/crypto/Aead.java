package io.fluxwire.crypto;

import java.util.Optional;

/**
 * The ciphers of upgraded sessions (protocol.md section 9.1): authenticated encryption with
 * associated data. Later versions may add values.
 */
public enum Aead {
  /** AES-128 in Galois/Counter Mode. Every node that upgrades takes it. */
  AES_128_GCM(1, 16, "AES-128-GCM"),
  /** AES-256 in Galois/Counter Mode. */
  AES_256_GCM(2, 32, "AES-256-GCM"),
  /** ChaCha20 and Poly1305, of RFC 8439: the fastest where the processor has no AES. */
  CHACHA20_POLY1305(3, 32, "ChaCha20-Poly1305");

  /** The size of the tag that each seal adds: 16 bytes. */
  public static final int TAG_SIZE = 16;

  /** The size of the nonce and of a direction's iv: 12 bytes. */
  public static final int NONCE_SIZE = 12;

  private final int number;
  private final int keySize;
  private final String text;

  Aead(int number, int keySize, String text) {
    this.number = number;
    this.keySize = keySize;
    this.text = text;
  }

  /**
   * What offers and choices call it on the wire.
   *
   * @return 1 to 3
   */
  public int number() {
    return number;
  }

  /**
   * The size of its key.
   *
   * @return 16 or 32 bytes
   */
  public int keySize() {
    return keySize;
  }

  /**
   * The one of a number.
   *
   * @param number what came over the wire, before any truncation
   * @return empty for a number that this version does not know
   */
  public static Optional<Aead> of(long number) {
    for (Aead one : values()) {
      if (one.number == number) {
        return Optional.of(one);
      }
    }
    return Optional.empty();
  }

  /** The usual name, in lower case also a metric's tag. */
  @Override
  public String toString() {
    return text;
  }
}
