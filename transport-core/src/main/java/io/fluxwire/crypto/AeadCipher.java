package io.fluxwire.crypto;

import static io.fluxwire.crypto.Aead.NONCE_SIZE;
import static io.fluxwire.crypto.Aead.TAG_SIZE;

import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;

/**
 * One direction's running authenticated encryption (protocol.md sections 9.2 and 9.3): its keys,
 * their successors and the counter of seals. By the JDK's providers on heap arrays, which are much
 * faster than its direct buffers. Not thread-safe: it belongs to one subscription.
 */
public final class AeadCipher implements RecordCipher {

  /** How many seals the keys serve: 2<sup>20</sup>. */
  public static final int SEALS = 1 << 20;

  /** What is in the JDK's cipher. */
  private enum State {
    /** No key, or a key of zeros. */
    BLANK,
    /** The key of the last seal. */
    KEYED,
    /** A key of zeros, for good. */
    DESTROYED
  }

  private final Aead aead;
  private final int mode;
  private final Cipher cipher;
  private final byte[] nonce = new byte[NONCE_SIZE];
  private WipeableKey key;
  private byte[] iv;

  /** The next S. Of the one before it nothing is left. */
  private byte[] next;

  private int counter;
  private State state = State.BLANK;

  private AeadCipher(Aead aead, int mode, TrafficSecret secret) {
    this.aead = aead;
    this.mode = mode;
    cipher =
        (aead == Aead.CHACHA20_POLY1305 ? JcaCiphers.CHACHA20_POLY1305 : JcaCiphers.AES_GCM)
            .create();
    byte[] first = secret.use();
    key = key(first);
    iv = Hkdf.expand(first, "iv", NONCE_SIZE);
    next = successor(first);
  }

  /**
   * Starts the direction that this side sends in.
   *
   * @param aead the algorithm
   * @param secret used up by this
   * @return the cipher at its counter 0
   * @throws IllegalStateException when the secret was used before
   */
  public static AeadCipher sealing(Aead aead, TrafficSecret secret) {
    return new AeadCipher(aead, Cipher.ENCRYPT_MODE, secret);
  }

  /**
   * Starts the direction that this side receives in.
   *
   * @param aead the algorithm
   * @param secret used up by this
   * @return the cipher at its counter 0
   * @throws IllegalStateException when the secret was used before
   */
  public static AeadCipher opening(Aead aead, TrafficSecret secret) {
    return new AeadCipher(aead, Cipher.DECRYPT_MODE, secret);
  }

  private WipeableKey key(byte[] secret) {
    return new WipeableKey(
        aead == Aead.CHACHA20_POLY1305 ? "ChaCha20" : "AES",
        Hkdf.expand(secret, "key", aead.keySize()));
  }

  /** The next S, made when all else of this one is there, which is wiped. */
  private static byte[] successor(byte[] secret) {
    try {
      return Hkdf.expand(secret, "next", TrafficSecret.SIZE);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  @Override
  public void seal(byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    try {
      start();
      cipher.doFinal(in, inOffset, length, out, outOffset);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("could not seal by " + aead, e);
    }
  }

  @Override
  public boolean open(byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    try {
      start();
      cipher.doFinal(in, inOffset, length, out, outOffset);
      return true;
    } catch (AEADBadTagException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("could not open by " + aead, e);
    }
  }

  private void start() throws GeneralSecurityException {
    if (state == State.DESTROYED || counter == SEALS) {
      throw new IllegalStateException("these keys are used up");
    }
    System.arraycopy(iv, 0, nonce, 0, NONCE_SIZE);
    for (int i = 0; i < Integer.BYTES; i++) {
      nonce[NONCE_SIZE - 1 - i] ^= (byte) (counter >>> (Byte.SIZE * i));
    }
    counter++;
    state = State.KEYED;
    cipher.init(mode, key, parameters());
  }

  /** Both kinds copy the nonce, and neither can be changed afterwards. */
  private AlgorithmParameterSpec parameters() {
    return aead == Aead.CHACHA20_POLY1305
        ? new IvParameterSpec(nonce)
        : new GCMParameterSpec(TAG_SIZE * Byte.SIZE, nonce);
  }

  /**
   * Whether the keys have served {@link #SEALS} times, so that {@link #rotate()} has to come before
   * the next seal.
   *
   * @return whether they have
   */
  public boolean isUsedUp() {
    return counter == SEALS;
  }

  /** Goes on under the next keys, at counter 0, and wipes these. */
  public void rotate() {
    if (state == State.DESTROYED) {
      throw new IllegalStateException("these keys are used up");
    }
    key.destroy();
    Arrays.fill(iv, (byte) 0);
    blank();
    key = key(next);
    iv = Hkdf.expand(next, "iv", NONCE_SIZE);
    next = successor(next);
    counter = 0;
  }

  /**
   * Replaces the key inside the JDK's object, where no other way leads to. In the mode that is in
   * use: when it seals, that object also keeps the last key, so as to refuse it together with a
   * nonce of before, and only another seal's replaces that.
   */
  private void blank() {
    Arrays.fill(nonce, (byte) 0);
    if (state != State.KEYED) {
      return;
    }
    WipeableKey zeros = new WipeableKey(key.getAlgorithm(), new byte[aead.keySize()]);
    try {
      cipher.init(mode, zeros, parameters());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    state = State.BLANK;
  }

  /** Wipes all keys, also those inside the JDK's object; the cipher is of no use afterwards. */
  @Override
  public void destroy() {
    if (state == State.DESTROYED) {
      return;
    }
    key.destroy();
    Arrays.fill(iv, (byte) 0);
    Arrays.fill(next, (byte) 0);
    blank();
    state = State.DESTROYED;
  }

  @Override
  public boolean isDestroyed() {
    return state == State.DESTROYED;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "AeadCipher[" + aead + ", ***]";
  }
}
