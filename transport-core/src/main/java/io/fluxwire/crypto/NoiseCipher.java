package io.fluxwire.crypto;

import java.util.Arrays;

/**
 * One direction's running encryption of a BOLT 8 session (protocol.md section 11): by
 * ChaCha20-Poly1305, under keys of which each seals {@value #SEALS} times. Not thread-safe: it
 * belongs to one subscription.
 */
public final class NoiseCipher implements RecordCipher {

  /** How many seals a key serves: 1,000. */
  public static final int SEALS = 1_000;

  private static final byte[] NO_ASSOCIATED_DATA = {};

  private final ChaChaPoly cipher = new ChaChaPoly();
  private final byte[] chainingKey;
  private final byte[] key;
  private int counter;
  private boolean destroyed;

  private NoiseCipher(byte[] chainingKey, byte[] key) {
    this.chainingKey = chainingKey;
    this.key = key;
    cipher.key(key);
  }

  /**
   * Starts a direction, whichever it is.
   *
   * @param keys used up by this
   * @return the cipher at its counter 0, the caller's to destroy
   * @throws IllegalStateException when the keys were used before
   */
  public static NoiseCipher start(ChainedKey keys) {
    return keys.use(NoiseCipher::new);
  }

  @Override
  public void seal(byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    requireAlive();
    cipher.seal(counter, NO_ASSOCIATED_DATA, in, inOffset, length, out, outOffset);
    moveOn();
  }

  @Override
  public boolean open(byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    requireAlive();
    boolean opened = cipher.open(counter, NO_ASSOCIATED_DATA, in, inOffset, length, out, outOffset);
    moveOn();
    return opened;
  }

  private void requireAlive() {
    if (destroyed) {
      throw new IllegalStateException("these keys are used up");
    }
  }

  private void moveOn() {
    counter++;
    if (counter == SEALS) {
      rotate();
    }
  }

  private void rotate() {
    byte[][] next = Hkdf.pair(chainingKey, key);
    System.arraycopy(next[0], 0, chainingKey, 0, chainingKey.length);
    System.arraycopy(next[1], 0, key, 0, key.length);
    Arrays.fill(next[0], (byte) 0);
    Arrays.fill(next[1], (byte) 0);
    cipher.key(key);
    counter = 0;
  }

  @Override
  public void destroy() {
    Arrays.fill(chainingKey, (byte) 0);
    Arrays.fill(key, (byte) 0);
    cipher.destroy();
    destroyed = true;
  }

  @Override
  public boolean isDestroyed() {
    return destroyed;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "NoiseCipher[***]";
  }
}
