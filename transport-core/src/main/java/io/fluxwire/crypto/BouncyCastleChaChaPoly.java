package io.fluxwire.crypto;

import java.util.Arrays;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.modes.ChaCha20Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.jspecify.annotations.Nullable;

/** ChaCha20-Poly1305 by BouncyCastle, which begins sooner than the JDK's. */
final class BouncyCastleChaChaPoly implements ChaChaPolyEngine {

  private final ChaCha20Poly1305 cipher = new ChaCha20Poly1305();
  private @Nullable KeyParameter key;

  @Override
  public void key(byte[] bytes) {
    destroy();
    key = new KeyParameter(bytes);
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
      run(true, nonce, associated, in, inOffset, length, out, outOffset);
    } catch (InvalidCipherTextException e) {
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
      run(false, nonce, associated, in, inOffset, length, out, outOffset);
      return true;
    } catch (InvalidCipherTextException e) {
      return false;
    }
  }

  private void run(
      boolean seals,
      byte[] nonce,
      byte[] associated,
      byte[] in,
      int inOffset,
      int length,
      byte[] out,
      int outOffset)
      throws InvalidCipherTextException {
    KeyParameter current = key;
    if (current == null) {
      throw new IllegalStateException("there is no key");
    }
    cipher.init(seals, new ParametersWithIV(current, nonce));
    cipher.processAADBytes(associated, 0, associated.length);
    int done = cipher.processBytes(in, inOffset, length, out, outOffset);
    cipher.doFinal(out, outOffset + done);
  }

  @Override
  public void destroy() {
    KeyParameter current = key;
    if (current != null) {
      key = null;
      // Its own array, and then those inside BouncyCastle's object, where no other way leads to.
      Arrays.fill(current.getKey(), (byte) 0);
      cipher.init(false, new ParametersWithIV(current, new byte[Aead.NONCE_SIZE]));
    }
  }

  @Override
  public boolean isDestroyed() {
    return key == null;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "BouncyCastleChaChaPoly[***]";
  }
}
