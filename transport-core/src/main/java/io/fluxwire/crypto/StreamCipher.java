package io.fluxwire.crypto;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import javax.crypto.Cipher;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.Destroyable;

/**
 * One direction's running AES-128-CTR key stream and HMAC-SHA-256, by the JDK's providers on heap
 * arrays. Not thread-safe: it belongs to one subscription.
 */
public final class StreamCipher implements Destroyable {

  /** The size of an HMAC-SHA-256: 32 bytes. */
  public static final int MAC_SIZE = 32;

  /**
   * How much goes into one call of the JDK. Its intrinsics start after some thousand calls, so a
   * few huge ones would run interpreted; 16 KiB also stay in the first-level cache.
   */
  public static final int CHUNK = 16 * 1024;

  private final Cipher aesCtr;
  private final KeyedHmac hmac;
  private boolean destroyed;

  StreamCipher(byte[] aesKey, byte[] hmacKey, byte[] iv) {
    try {
      aesCtr = JcaCiphers.AES_CTR.create();
      key(aesKey, iv);
      hmac = new KeyedHmac(hmacKey);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES/CTR and SHA-256", e);
    }
  }

  private void key(byte[] aesKey, byte[] iv)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    aesCtr.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(aesKey, "AES"), new IvParameterSpec(iv));
  }

  /**
   * Encrypts or decrypts, which in CTR mode is the same, and moves the key stream on.
   *
   * @param in the source
   * @param inOffset where it starts
   * @param length how many bytes; a multiple of 16
   * @param out the target; not the source, since the JDK would copy it
   * @param outOffset where it starts
   */
  public void crypt(byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    try {
      for (int done = 0; done < length; done += CHUNK) {
        int size = Math.min(CHUNK, length - done);
        aesCtr.update(in, inOffset + done, size, out, outOffset + done);
      }
    } catch (ShortBufferException e) {
      throw new IllegalArgumentException("the target is too small", e);
    }
  }

  /**
   * Begins what the next {@link #mac} covers.
   *
   * @param length how many bytes {@link #authenticate} will be given; decides on the way, not on
   *     the result
   */
  public void beginMac(int length) {
    hmac.begin(length);
  }

  /**
   * Adds bytes to what the next {@link #mac} covers.
   *
   * @param bytes the bytes
   * @param offset where they start
   * @param length how many there are
   */
  public void authenticate(byte[] bytes, int offset, int length) {
    for (int done = 0; done < length; done += CHUNK) {
      hmac.update(bytes, offset + done, Math.min(CHUNK, length - done));
    }
  }

  /**
   * The HMAC of all that was added since {@link #beginMac}.
   *
   * @param out receives {@link #MAC_SIZE} bytes
   * @param offset where they go
   */
  public void mac(byte[] out, int offset) {
    hmac.end(out, offset);
  }

  /** Replaces the keys inside the JDK's objects; the cipher is of no use afterwards. */
  @Override
  public void destroy() {
    if (destroyed) {
      return;
    }
    destroyed = true;
    hmac.destroy();
    try {
      key(new byte[16], new byte[16]);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public boolean isDestroyed() {
    return destroyed;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "StreamCipher[***]";
  }
}
