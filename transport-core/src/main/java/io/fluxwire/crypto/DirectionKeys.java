package io.fluxwire.crypto;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.security.auth.Destroyable;

/**
 * The AES-128 key, HMAC key and IV of one direction of one session (protocol.md section 2). They
 * make one stream: {@link #start()} uses them up, since a second stream under the same keys would
 * repeat the key stream of the first. Thread-safe.
 */
public final class DirectionKeys implements Destroyable {

  private final byte[] aesKey;
  private final byte[] hmacKey;
  private final byte[] iv;
  private boolean destroyed;

  private DirectionKeys(byte[] aesKey, byte[] hmacKey, byte[] iv) {
    this.aesKey = aesKey;
    this.hmacKey = hmacKey;
    this.iv = iv;
  }

  /**
   * Derives one direction's keys.
   *
   * @param sharedSecret 32 bytes, not kept
   * @param senderPublicKey the session public key of the side that sends, 33 bytes
   * @return the keys
   */
  public static DirectionKeys derive(byte[] sharedSecret, byte[] senderPublicKey) {
    byte[] aes = hash(sharedSecret, senderPublicKey, 0);
    byte[] iv = hash(sharedSecret, senderPublicKey, 2);
    try {
      return new DirectionKeys(
          Arrays.copyOf(aes, 16), hash(sharedSecret, senderPublicKey, 1), Arrays.copyOf(iv, 16));
    } finally {
      Arrays.fill(aes, (byte) 0);
      Arrays.fill(iv, (byte) 0);
    }
  }

  private static byte[] hash(byte[] sharedSecret, byte[] senderPublicKey, int which) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(sharedSecret);
      sha256.update(senderPublicKey);
      sha256.update((byte) which);
      return sha256.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Starts the direction's one stream and wipes these keys.
   *
   * @return the cipher and MAC at the stream's start
   * @throws IllegalStateException when they were used or destroyed before
   */
  public synchronized StreamCipher start() {
    if (destroyed) {
      throw new IllegalStateException(
          "the keys of one direction are good for one stream; run a new handshake");
    }
    try {
      return new StreamCipher(aesKey, hmacKey, iv);
    } finally {
      destroy();
    }
  }

  /** Wipes the keys. */
  @Override
  public synchronized void destroy() {
    Arrays.fill(aesKey, (byte) 0);
    Arrays.fill(hmacKey, (byte) 0);
    Arrays.fill(iv, (byte) 0);
    destroyed = true;
  }

  @Override
  public synchronized boolean isDestroyed() {
    return destroyed;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "DirectionKeys[***]";
  }
}
