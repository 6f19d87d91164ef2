package io.fluxwire.crypto;

import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import reactor.core.scheduler.Schedulers;

/** One of each type of this package that holds secrets, for tests of other packages. */
public final class SecretHolders {

  private SecretHolders() {}

  /** All of them, made of one secret. */
  public static List<Object> all(byte[] secret) {
    Secp256k1 curve = Secp256k1.preferred();
    SessionKeyPair pair = SessionKeyPair.of(curve, secret);
    DirectionKeys keys = DirectionKeys.derive(secret, pair.publicKey());
    try {
      return List.of(
          pair,
          keys,
          new SessionKeys(keys, keys),
          new StreamCipher(new byte[16], secret, new byte[16]),
          new KeyedHmac(secret),
          new SessionKeyPairs(() -> curve, Schedulers.immediate()),
          TrafficSecret.of(secret),
          new WipeableKey("AES", secret.clone()),
          AeadCipher.sealing(Aead.AES_128_GCM, TrafficSecret.of(secret)),
          new UpgradeSecrets(TrafficSecret.of(secret), TrafficSecret.of(secret)),
          KemKeyPair.of(Arrays.copyOf(secret, 64)),
          new Kem.Encapsulation(secret, secret),
          new KemKeyPairs(Schedulers.immediate()),
          SharedSecret.agree(curve, SessionKeyPair.of(curve, secret), pair.publicKey()),
          EphemeralKeys.from(() -> curve, Schedulers.immediate()),
          ChainedKey.of(secret, secret),
          new NoiseKeys(ChainedKey.of(secret, secret), ChainedKey.of(secret, secret)),
          NoiseState.initialize("Noise_XK_secp256k1_ChaChaPoly_SHA256", secret, pair.publicKey()),
          NoiseCipher.start(ChainedKey.of(secret, secret)),
          new ChaChaPoly(),
          new JcaChaChaPoly(),
          new BouncyCastleChaChaPoly());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The secrets of one direction, from the first on. */
  public static final class Generations {

    private byte[] secret;

    Generations(TrafficSecret first) {
      secret = first.use();
    }

    /** This generation's S. */
    public byte[] secret() {
      return secret;
    }

    /** The key of this generation. */
    public byte[] key(Aead cipher) {
      return Hkdf.expand(secret, "key", cipher.keySize());
    }

    /** Its nonces come of this. */
    public byte[] iv() {
      return Hkdf.expand(secret, "iv", Aead.NONCE_SIZE);
    }

    /** Goes on to the next one. */
    public void rotate() {
      secret = Hkdf.expand(secret, "next", TrafficSecret.SIZE);
    }
  }

  /** The next chaining key of Noise, and the key that comes with it. */
  public static byte[][] mixed(byte[] chainingKey, byte[] input) {
    return Hkdf.pair(chainingKey, input);
  }

  /** What both traffic secrets of an upgraded session are made of. */
  public static byte[] pseudoRandomKey(
      byte[][] sessionKeys, List<byte[]> proofs, byte[] shared, byte[] kem) {
    byte[] transcript =
        UpgradeSecrets.transcript(sessionKeys[0], sessionKeys[1], proofs.get(0), proofs.get(1));
    return UpgradeSecrets.pseudoRandomKey(transcript, shared, kem);
  }

  /** All that follows from one traffic secret, which is used up. */
  public static Generations generations(TrafficSecret first) {
    return new Generations(first);
  }

  /** The pairs that were made ahead. */
  public static List<KemKeyPair> waiting(KemKeyPairs pairs) {
    return pairs.waiting();
  }

  /** Makes a pair the next one. */
  public static void give(KemKeyPairs pairs, KemKeyPair next) {
    pairs.give(next);
  }

  /** Makes a pair the next one. */
  public static void give(SessionKeyPairs pairs, SessionKeyPair next) {
    pairs.give(next);
  }
}
