package io.fluxwire.crypto;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.security.auth.Destroyable;
import org.jspecify.annotations.Nullable;

/**
 * HMAC-SHA-256 (RFC 2104) under one key, by the JDK's digest. Either hashes the key's block anew
 * for each MAC, which allocates nothing, or starts from a copy of the digest after that block,
 * which is faster for short messages. The JDK's own {@code Mac} does neither.
 */
final class KeyedHmac implements Destroyable {

  private static final int BLOCK = 64;
  private static final int SIZE = 32;

  /** Below this many bytes, two copies of 190 bytes are made rather than two blocks hashed. */
  private static final int SHORT = 512;

  private final byte[] innerKey = new byte[BLOCK];
  private final byte[] outerKey = new byte[BLOCK];
  private final byte[] innerHash = new byte[SIZE];
  private final MessageDigest afterInnerKey;
  private final MessageDigest afterOuterKey;

  /** For long messages; none before the first. */
  private @Nullable MessageDigest reused;

  /** Of the message that has begun. */
  private @Nullable MessageDigest inner;

  private boolean isShort;
  private boolean destroyed;

  /**
   * Takes a key.
   *
   * @param key up to 64 bytes, copied
   * @throws IllegalArgumentException when it is longer, which would have to be hashed first
   */
  KeyedHmac(byte[] key) throws NoSuchAlgorithmException {
    if (key.length > BLOCK) {
      throw new IllegalArgumentException("a key of over 64 bytes");
    }
    for (int i = 0; i < BLOCK; i++) {
      byte part = i < key.length ? key[i] : 0;
      innerKey[i] = (byte) (part ^ 0x36);
      outerKey[i] = (byte) (part ^ 0x5c);
    }
    afterInnerKey = MessageDigest.getInstance("SHA-256");
    afterInnerKey.update(innerKey);
    afterOuterKey = MessageDigest.getInstance("SHA-256");
    afterOuterKey.update(outerKey);
  }

  /**
   * Begins a message.
   *
   * @param length how long it will be, in bytes
   */
  void begin(int length) {
    isShort = length < SHORT;
    if (isShort) {
      inner = copy(afterInnerKey);
    } else {
      inner = reused();
      inner.update(innerKey);
    }
  }

  void update(byte[] bytes, int offset, int length) {
    begun().update(bytes, offset, length);
  }

  /** Ends the message and writes its MAC of 32 bytes. */
  void end(byte[] out, int offset) {
    try {
      begun().digest(innerHash, 0, SIZE);
      inner = null;
      MessageDigest outer;
      if (isShort) {
        outer = copy(afterOuterKey);
      } else {
        outer = reused();
        outer.update(outerKey);
      }
      outer.update(innerHash);
      outer.digest(out, offset, SIZE);
    } catch (DigestException e) {
      throw new IllegalArgumentException("the target is too small", e);
    }
  }

  private MessageDigest begun() {
    MessageDigest running = inner;
    if (running == null) {
      throw new IllegalStateException("no message has begun");
    }
    return running;
  }

  private MessageDigest reused() {
    MessageDigest digest = reused;
    if (digest == null) {
      digest = copy(afterInnerKey);
      digest.reset();
      reused = digest;
    }
    return digest;
  }

  private static MessageDigest copy(MessageDigest digest) {
    try {
      return (MessageDigest) digest.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's SHA-256 can be copied", e);
    }
  }

  /** Wipes the key and all that was made of it. */
  @Override
  public void destroy() {
    destroyed = true;
    Arrays.fill(innerKey, (byte) 0);
    Arrays.fill(outerKey, (byte) 0);
    Arrays.fill(innerHash, (byte) 0);
    afterInnerKey.reset();
    afterOuterKey.reset();
    MessageDigest forLong = reused;
    if (forLong != null) {
      forLong.reset();
    }
    MessageDigest running = inner;
    if (running != null) {
      running.reset();
    }
  }

  @Override
  public boolean isDestroyed() {
    return destroyed;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "KeyedHmac[***]";
  }
}
