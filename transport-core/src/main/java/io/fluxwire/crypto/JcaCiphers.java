package io.fluxwire.crypto;

import java.security.GeneralSecurityException;
import java.security.Provider;
import javax.crypto.Cipher;

/**
 * Makes ciphers of the Java Cryptography Architecture. The provider that the platform prefers for
 * each of them is looked up once, since that search takes longer than all else that makes a cipher,
 * and the set-up of an upgraded session makes four: one for each direction, before and after the
 * upgrade.
 */
enum JcaCiphers {
  AES_CTR("AES/CTR/NoPadding"),
  AES_GCM("AES/GCM/NoPadding"),
  CHACHA20_POLY1305("ChaCha20-Poly1305");

  private final String transformation;

  /** The enum has no other state, and this one never changes. */
  @SuppressWarnings("ImmutableEnumChecker")
  private final Provider provider;

  JcaCiphers(String transformation) {
    this.transformation = transformation;
    try {
      provider = Cipher.getInstance(transformation).getProvider();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform since 11 has " + transformation, e);
    }
  }

  /** A cipher without a key. */
  Cipher create() {
    try {
      return Cipher.getInstance(transformation, provider);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(provider + " had " + transformation + " before", e);
    }
  }
}
