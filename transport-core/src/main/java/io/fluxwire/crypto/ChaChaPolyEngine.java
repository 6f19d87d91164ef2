package io.fluxwire.crypto;

import javax.security.auth.Destroyable;

/** An implementation of ChaCha20-Poly1305 (RFC 8439), under a key that can be replaced. */
interface ChaChaPolyEngine extends Destroyable {

  /**
   * Sets the key, and wipes the one before.
   *
   * @param bytes 32 bytes, copied
   */
  void key(byte[] bytes);

  /**
   * Seals.
   *
   * @param nonce 12 bytes, never the same twice under a key
   * @param associated what is authenticated besides
   * @param out receives {@link Aead#TAG_SIZE} bytes more; not the source
   * @throws IllegalStateException when there is no key
   */
  void seal(
      byte[] nonce,
      byte[] associated,
      byte[] in,
      int inOffset,
      int length,
      byte[] out,
      int outOffset);

  /**
   * Opens.
   *
   * @param nonce 12 bytes
   * @param length how many bytes, the tag's included
   * @param out receives {@link Aead#TAG_SIZE} bytes less; not the source
   * @return whether the tag is right; if not, what is in the target means nothing
   * @throws IllegalStateException when there is no key
   */
  boolean open(
      byte[] nonce,
      byte[] associated,
      byte[] in,
      int inOffset,
      int length,
      byte[] out,
      int outOffset);

  /** Wipes the key; nothing is sealed or opened before another is set. */
  @Override
  void destroy();
}
