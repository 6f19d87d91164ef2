package io.fluxwire.crypto;

import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import org.jspecify.annotations.Nullable;

/** ChaCha20-Poly1305 by the JDK's provider, which intrinsics make fast on large inputs. */
final class JcaChaChaPoly implements ChaChaPolyEngine {

  private final Cipher cipher = JcaCiphers.CHACHA20_POLY1305.create();
  private @Nullable WipeableKey key;

  /** The mode in which the JDK's object has got a key that is not zeros; 0 if it has none. */
  private int keyedFor;

  @Override
  public void key(byte[] bytes) {
    destroy();
    key = new WipeableKey("ChaCha20", bytes.clone());
  }

  @Override
  public void seal(
      byte[] nonce,
      byte[] associated,
      byte[] in,
      int inOffset,
      int length,
      byte[] out,
      int outOffset) {
    try {
      start(Cipher.ENCRYPT_MODE, nonce, associated);
      cipher.doFinal(in, inOffset, length, out, outOffset);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("could not seal by ChaCha20-Poly1305", e);
    }
  }

  @Override
  public boolean open(
      byte[] nonce,
      byte[] associated,
      byte[] in,
      int inOffset,
      int length,
      byte[] out,
      int outOffset) {
    try {
      start(Cipher.DECRYPT_MODE, nonce, associated);
      cipher.doFinal(in, inOffset, length, out, outOffset);
      return true;
    } catch (AEADBadTagException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("could not open by ChaCha20-Poly1305", e);
    }
  }

  private void start(int mode, byte[] nonce, byte[] associated) throws GeneralSecurityException {
    WipeableKey current = key;
    if (current == null) {
      throw new IllegalStateException("there is no key");
    }
    keyedFor = mode;
    cipher.init(mode, current, new IvParameterSpec(nonce));
    if (associated.length > 0) {
      cipher.updateAAD(associated);
    }
  }

  @Override
  public void destroy() {
    WipeableKey current = key;
    if (current != null) {
      key = null;
      current.destroy();
      blank();
    }
  }

  /** Replaces the key inside the JDK's object, where no other way leads to. */
  private void blank() {
    if (keyedFor == 0) {
      return;
    }
    WipeableKey zeros = new WipeableKey("ChaCha20", new byte[ChainedKey.SIZE]);
    try {
      cipher.init(keyedFor, zeros, new IvParameterSpec(new byte[Aead.NONCE_SIZE]));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    keyedFor = 0;
  }

  @Override
  public boolean isDestroyed() {
    return key == null;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "JcaChaChaPoly[***]";
  }
}
