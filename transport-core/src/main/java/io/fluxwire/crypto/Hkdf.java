package io.fluxwire.crypto;

import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * HKDF of RFC 5869 with SHA-256, up to two blocks. By {@link KeyedHmac}, since the JDK's and
 * BouncyCastle's keep copies of the keys that nobody can wipe.
 */
final class Hkdf {

  private static final int HASH_SIZE = 32;
  private static final byte[] FIRST_BLOCK = {1};
  private static final byte[] SECOND_BLOCK = {2};

  private Hkdf() {}

  /** A pseudo-random key of 32 bytes, the caller's to wipe. */
  static byte[] extract(byte[] salt, byte[]... inputs) {
    return hmac(salt, inputs);
  }

  /** Up to 32 bytes, the caller's to wipe. */
  static byte[] expand(byte[] pseudoRandomKey, String info, int size) {
    if (size > HASH_SIZE) {
      throw new IllegalArgumentException("one block has 32 bytes");
    }
    byte[] block = hmac(pseudoRandomKey, info.getBytes(StandardCharsets.US_ASCII), FIRST_BLOCK);
    if (size == HASH_SIZE) {
      return block;
    }
    try {
      return Arrays.copyOf(block, size);
    } finally {
      Arrays.fill(block, (byte) 0);
    }
  }

  /**
   * The two blocks that Noise derives from a chaining key: HKDF without an info, 64 bytes.
   *
   * @return the first and the second 32 bytes, the caller's to wipe
   */
  static byte[][] pair(byte[] chainingKey, byte[] input) {
    byte[] pseudoRandomKey = extract(chainingKey, input);
    try {
      byte[] first = hmac(pseudoRandomKey, FIRST_BLOCK);
      return new byte[][] {first, hmac(pseudoRandomKey, first, SECOND_BLOCK)};
    } finally {
      Arrays.fill(pseudoRandomKey, (byte) 0);
    }
  }

  private static byte[] hmac(byte[] key, byte[]... inputs) {
    KeyedHmac hmac;
    try {
      hmac = new KeyedHmac(key);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    try {
      byte[] out = new byte[HASH_SIZE];
      int length = 0;
      for (byte[] input : inputs) {
        length += input.length;
      }
      hmac.begin(length);
      for (byte[] input : inputs) {
        hmac.update(input, 0, input.length);
      }
      hmac.end(out, 0);
      return out;
    } finally {
      hmac.destroy();
    }
  }
}
