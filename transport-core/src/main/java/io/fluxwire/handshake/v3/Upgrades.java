package io.fluxwire.handshake.v3;

import io.fluxwire.AuthenticationException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.Kem;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * The rules of offer and choice (protocol.md section 9.1): the stage that follows {@link
 * Authenticator} where a session may be upgraded. The keys come from {@link
 * io.fluxwire.crypto.UpgradeSecrets}.
 */
public final class Upgrades {

  private Upgrades() {}

  /**
   * Chooses, for the side that dialled: of the offered ciphers the one that comes first in the
   * policy, the features that both want and, unless the policy does without, a secret for the
   * offered key. That takes about 0.1 ms of CPU.
   *
   * @param policy this side's
   * @param features the bits that this side is willing to choose
   * @param offer the peer's; null if there was none
   * @param random the source of the secret
   * @return the choice, the caller's to destroy; null to stay with version 3
   * @throws AuthenticationException with {@link Reason#UPGRADE_REQUIRED} or {@link
   *     Reason#POST_QUANTUM_REQUIRED} where the policy insists on what is not offered, and with
   *     {@link Reason#KEM_INVALID} when the offered key has a wrong size or an entry that is not
   *     below the modulus
   */
  public static @Nullable ChosenUpgrade choose(
      UpgradePolicy policy, long features, @Nullable UpgradeOffer offer, SecureRandom random) {
    Aead cipher = offer == null ? null : firstCommon(policy, offer);
    if (offer == null || cipher == null) {
      requireVersion3Wanted(policy);
      return null;
    }
    byte[] key = policy.postQuantum() == Mode.OFF ? null : offer.kemKey();
    long common = offer.features() & features;
    if (key == null) {
      UpgradeChoice choice = new UpgradeChoice(cipher, null, common);
      requireWanted(policy, choice);
      return new ChosenUpgrade(choice, null);
    }
    Kem.Encapsulation secret = encapsulate(key, random);
    return new ChosenUpgrade(
        new UpgradeChoice(cipher, secret.ciphertext(), common), secret.secret());
  }

  private static @Nullable Aead firstCommon(UpgradePolicy policy, UpgradeOffer offer) {
    if (policy.mode() != Mode.OFF) {
      for (Aead cipher : policy.ciphers()) {
        if (offer.ciphers().contains(cipher)) {
          return cipher;
        }
      }
    }
    return null;
  }

  private static Kem.Encapsulation encapsulate(byte[] key, SecureRandom random) {
    try {
      return Kem.encapsulate(key, random);
    } catch (IllegalArgumentException e) {
      throw new AuthenticationException(
          Reason.KEM_INVALID,
          "the ML-KEM-768 key that the peer offered fails the checks of FIPS 203");
    }
  }

  /**
   * Checks whether a sound choice has all that this side insists on.
   *
   * @param policy this side's
   * @param choice the choice
   * @throws AuthenticationException with {@link Reason#POST_QUANTUM_REQUIRED}
   */
  public static void requireWanted(UpgradePolicy policy, UpgradeChoice choice) {
    if (policy.postQuantum() == Mode.REQUIRED && !choice.parameters().isPostQuantum()) {
      throw noKem();
    }
  }

  /**
   * Checks whether a session may stay with version 3.
   *
   * @param policy this side's
   * @throws AuthenticationException with {@link Reason#UPGRADE_REQUIRED} or {@link
   *     Reason#POST_QUANTUM_REQUIRED}
   */
  public static void requireVersion3Wanted(UpgradePolicy policy) {
    if (policy.mode() == Mode.REQUIRED) {
      throw new AuthenticationException(
          Reason.UPGRADE_REQUIRED,
          "this node insists on an upgraded session, and the peer has none");
    }
    if (policy.mode() != Mode.OFF && policy.postQuantum() == Mode.REQUIRED) {
      throw noKem();
    }
  }

  private static AuthenticationException noKem() {
    return new AuthenticationException(
        Reason.POST_QUANTUM_REQUIRED,
        "this node insists on post-quantum secrecy, and the peer has none");
  }
}
