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
          new KemKeyPairs(Schedulers.immediate()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
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
