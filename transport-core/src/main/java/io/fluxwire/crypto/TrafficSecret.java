package io.fluxwire.crypto;

import java.util.Arrays;
import javax.security.auth.Destroyable;

/**
 * What all keys of one direction of an upgraded session are made of (protocol.md section 9.2: its
 * first S). It makes one stream: whoever makes that stream uses it up, since a second stream under
 * the same keys would repeat nonces. Thread-safe.
 */
public final class TrafficSecret implements Destroyable {

  /** Its size: 32 bytes. */
  public static final int SIZE = 32;

  private final byte[] secret;
  private boolean destroyed;

  private TrafficSecret(byte[] secret) {
    this.secret = secret;
  }

  /**
   * The secret of some bytes.
   *
   * @param secret 32 bytes, copied
   * @return the secret
   * @throws IllegalArgumentException when the size is another
   */
  public static TrafficSecret of(byte[] secret) {
    if (secret.length != SIZE) {
      throw new IllegalArgumentException("a traffic secret has 32 bytes");
    }
    return new TrafficSecret(secret.clone());
  }

  /**
   * The bytes, of which no other copy is left here.
   *
   * @return 32 bytes, the caller's to wipe
   * @throws IllegalStateException when this was used or destroyed before
   */
  synchronized byte[] use() {
    if (destroyed) {
      throw new IllegalStateException(
          "the secret of one direction is good for one stream; run a new handshake");
    }
    try {
      return secret.clone();
    } finally {
      destroy();
    }
  }

  /** Wipes the secret. */
  @Override
  public synchronized void destroy() {
    Arrays.fill(secret, (byte) 0);
    destroyed = true;
  }

  @Override
  public synchronized boolean isDestroyed() {
    return destroyed;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "TrafficSecret[***]";
  }
}
