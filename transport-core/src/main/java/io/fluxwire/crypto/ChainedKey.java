package io.fluxwire.crypto;

import java.util.Arrays;
import java.util.function.BiFunction;
import javax.security.auth.Destroyable;

/**
 * What one direction of a BOLT 8 session begins with (protocol.md section 11): its first key, and
 * the chaining key that the next ones come from. It makes one stream: whoever makes that stream
 * uses it up, since a second stream under the same keys would repeat nonces. Thread-safe.
 */
public final class ChainedKey implements Destroyable {

  /** The size of either half: 32 bytes. */
  public static final int SIZE = 32;

  private final byte[] chainingKey;
  private final byte[] key;
  private boolean destroyed;

  /** Takes both over. */
  ChainedKey(byte[] chainingKey, byte[] key) {
    this.chainingKey = chainingKey;
    this.key = key;
  }

  /**
   * Those of some bytes, for reproducing recorded sessions.
   *
   * @param chainingKey 32 bytes, copied
   * @param key 32 bytes, copied
   * @return the keys
   * @throws IllegalArgumentException when a size is another
   */
  public static ChainedKey of(byte[] chainingKey, byte[] key) {
    if (chainingKey.length != SIZE || key.length != SIZE) {
      throw new IllegalArgumentException("a key and a chaining key have 32 bytes each");
    }
    return new ChainedKey(chainingKey.clone(), key.clone());
  }

  /** Makes something of the chaining key and the key, which it takes over. */
  synchronized <T> T use(BiFunction<byte[], byte[], T> making) {
    if (destroyed) {
      throw new IllegalStateException(
          "the keys of one direction are good for one stream; run a new handshake");
    }
    try {
      return making.apply(chainingKey.clone(), key.clone());
    } finally {
      destroy();
    }
  }

  /** Wipes both. */
  @Override
  public synchronized void destroy() {
    Arrays.fill(chainingKey, (byte) 0);
    Arrays.fill(key, (byte) 0);
    destroyed = true;
  }

  @Override
  public synchronized boolean isDestroyed() {
    return destroyed;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "ChainedKey[***]";
  }
}
