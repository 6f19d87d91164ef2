package io.fluxwire.crypto;

import javax.security.auth.Destroyable;

/**
 * One direction's running authenticated encryption: its keys and the counter of its seals. Not
 * thread-safe: it belongs to one subscription.
 */
public interface RecordCipher extends Destroyable {

  /**
   * Seals, and moves the counter on.
   *
   * @param in the source
   * @param inOffset where it starts
   * @param length how many bytes
   * @param out receives {@link Aead#TAG_SIZE} bytes more; not the source, since the JDK would copy
   *     it
   * @param outOffset where they go
   * @throws IllegalStateException when the keys are used up or destroyed
   */
  void seal(byte[] in, int inOffset, int length, byte[] out, int outOffset);

  /**
   * Opens, and moves the counter on.
   *
   * @param in the source
   * @param inOffset where it starts
   * @param length how many bytes, the tag's included
   * @param out receives {@link Aead#TAG_SIZE} bytes less; not the source
   * @param outOffset where they go
   * @return whether the tag is right; if not, what is in the target means nothing
   * @throws IllegalStateException when the keys are used up or destroyed
   */
  boolean open(byte[] in, int inOffset, int length, byte[] out, int outOffset);

  /** Wipes all keys; the cipher is of no use afterwards. */
  @Override
  void destroy();
}
