package io.fluxwire.crypto;

import fr.acinq.secp256k1.Secp256k1Exception;

/** libsecp256k1 through fr.acinq's JNI binding; loaded only where that is on the class path. */
final class LibSecp256k1 implements Secp256k1 {

  static final String NAME = "libsecp256k1";

  private final fr.acinq.secp256k1.Secp256k1 library;

  /**
   * The curve by a library.
   *
   * @param library of which each operation is tried once, since the native half may be missing
   * @throws IllegalStateException when it computes something wrong
   * @throws UnsatisfiedLinkError when an operation is missing
   */
  LibSecp256k1(fr.acinq.secp256k1.Secp256k1 library) {
    this.library = library;
    byte[] secret = new byte[32];
    secret[31] = 1;
    byte[] publicKey = publicKey(secret);
    byte[] hash = sharedSecret(secret, publicKey);
    if (!isPublicKey(publicKey) || !verify(sign(secret, hash), hash, publicKey)) {
      throw new IllegalStateException("it does not verify what it signed");
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean isSecret(byte[] secret) {
    return secret.length == 32 && library.secKeyVerify(secret);
  }

  @Override
  public boolean isPublicKey(byte[] publicKey) {
    if (publicKey.length != 33) {
      return false;
    }
    try {
      library.pubkeyParse(publicKey);
      return true;
    } catch (Secp256k1Exception e) {
      return false;
    }
  }

  @Override
  public byte[] publicKey(byte[] secret) {
    requireSecret(secret);
    return library.pubKeyCompress(library.pubkeyCreate(secret));
  }

  @Override
  public byte[] sharedSecret(byte[] secret, byte[] publicKey) {
    requireSecret(secret);
    try {
      return library.ecdh(secret, publicKey);
    } catch (Secp256k1Exception e) {
      throw new IllegalArgumentException("not a public key", e);
    }
  }

  @Override
  public byte[] sign(byte[] secret, byte[] hash) {
    requireSecret(secret);
    return library.sign(hash, secret);
  }

  @Override
  public boolean verify(byte[] signature, byte[] hash, byte[] publicKey) {
    try {
      return library.verify(signature, hash, publicKey);
    } catch (Secp256k1Exception e) {
      return false;
    }
  }

  private void requireSecret(byte[] secret) {
    if (!isSecret(secret)) {
      throw new IllegalArgumentException("not a secp256k1 secret");
    }
  }
}
