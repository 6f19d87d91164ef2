package io.fluxwire.crypto;

import javax.security.auth.Destroyable;

/**
 * ChaCha20-Poly1305 as Noise uses it: a nonce is 4 zero bytes and a little-endian number. By
 * BouncyCastle for a few bytes, such as the length of each record, and by the JDK for more: where
 * the JDK has intrinsics, it is up to ten times as fast, but takes twice as long to begin. On heap
 * arrays. Not thread-safe.
 */
final class ChaChaPoly implements Destroyable {

  /** Up to this many bytes, the tag's not included, BouncyCastle is as fast or faster. */
  static final int FEW = 64;

  private final ChaChaPolyEngine few = new BouncyCastleChaChaPoly();
  private final ChaChaPolyEngine many = new JcaChaChaPoly();
  private final byte[] nonce = new byte[Aead.NONCE_SIZE];

  /**
   * Sets the key, and wipes the one before.
   *
   * @param bytes 32 bytes, copied
   */
  void key(byte[] bytes) {
    few.key(bytes);
    many.key(bytes);
  }

  /**
   * Seals.
   *
   * @param number the nonce; never the same twice under a key
   * @param associated what is authenticated besides
   * @param out receives {@link Aead#TAG_SIZE} bytes more; not the source
   */
  void seal(
      long number,
      byte[] associated,
      byte[] in,
      int inOffset,
      int length,
      byte[] out,
      int outOffset) {
    engine(length).seal(nonce(number), associated, in, inOffset, length, out, outOffset);
  }

  /**
   * Opens.
   *
   * @param number the nonce
   * @param length how many bytes, the tag's included, which are all there
   * @param out receives {@link Aead#TAG_SIZE} bytes less; not the source
   * @return whether the tag is right; if not, what is in the target means nothing
   */
  boolean open(
      long number,
      byte[] associated,
      byte[] in,
      int inOffset,
      int length,
      byte[] out,
      int outOffset) {
    return engine(length - Aead.TAG_SIZE)
        .open(nonce(number), associated, in, inOffset, length, out, outOffset);
  }

  private ChaChaPolyEngine engine(int length) {
    return length <= FEW ? few : many;
  }

  private byte[] nonce(long number) {
    int start = Aead.NONCE_SIZE - Long.BYTES;
    for (int i = 0; i < Long.BYTES; i++) {
      nonce[start + i] = (byte) (number >>> (Byte.SIZE * i));
    }
    return nonce;
  }

  /** Wipes the key; nothing is sealed or opened before another is set. */
  @Override
  public void destroy() {
    few.destroy();
    many.destroy();
  }

  @Override
  public boolean isDestroyed() {
    return few.isDestroyed();
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "ChaChaPoly[***]";
  }
}
