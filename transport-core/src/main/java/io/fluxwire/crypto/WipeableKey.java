package io.fluxwire.crypto;

import java.util.Arrays;
import javax.crypto.SecretKey;

/**
 * A key that can be wiped, which the JDK's {@code SecretKeySpec} cannot. Its ciphers ask for a copy
 * at each start, and wipe that themselves.
 */
final class WipeableKey implements SecretKey {

  private static final long serialVersionUID = 1L;

  private final String algorithm;
  private final byte[] bytes;
  private boolean destroyed;

  /**
   * A key.
   *
   * @param bytes taken over
   */
  WipeableKey(String algorithm, byte[] bytes) {
    this.algorithm = algorithm;
    this.bytes = bytes;
  }

  @Override
  public String getAlgorithm() {
    return algorithm;
  }

  @Override
  public String getFormat() {
    return "RAW";
  }

  @Override
  public byte[] getEncoded() {
    return bytes.clone();
  }

  @Override
  public void destroy() {
    Arrays.fill(bytes, (byte) 0);
    destroyed = true;
  }

  @Override
  public boolean isDestroyed() {
    return destroyed;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "WipeableKey[***]";
  }
}
