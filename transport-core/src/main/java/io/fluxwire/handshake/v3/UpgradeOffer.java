package io.fluxwire.handshake.v3;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Aead;
import io.fluxwire.handshake.UpgradePolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the side that was dialled offers in field 1001 of its {@code authenticate} (protocol.md
 * section 9.1). Immutable.
 */
public final class UpgradeOffer {

  private final List<Aead> ciphers;
  private final byte @Nullable [] kemKey;
  private final long features;

  private UpgradeOffer(List<Aead> ciphers, byte @Nullable [] kemKey, long features) {
    this.ciphers = ciphers;
    this.kemKey = kemKey == null ? null : kemKey.clone();
    this.features = features;
  }

  /**
   * What a policy offers.
   *
   * @param policy one that does not have upgrades {@linkplain UpgradePolicy.Mode#OFF off}
   * @param kemKey an ML-KEM-768 encapsulation key, 1,184 bytes, that serves this session alone;
   *     null to offer no post-quantum secrecy
   * @param features the bits of what this side can do more; 0 for none
   * @return the offer
   */
  public static UpgradeOffer of(UpgradePolicy policy, byte @Nullable [] kemKey, long features) {
    return new UpgradeOffer(policy.ciphers(), kemKey, features);
  }

  /**
   * Reads an offer. Ciphers and features that this side does not know are passed over; the key is
   * not checked yet.
   *
   * @param field the content of field 1001
   * @return the offer; null if it has no cipher that this side knows
   * @throws PacketException with {@link Reason#UPGRADE_MALFORMED} when it is no such message or has
   *     a part twice, and with {@link Reason#UNKNOWN_EVEN_FIELD}
   */
  public static @Nullable UpgradeOffer parse(byte[] field) {
    UpgradeField parsed = UpgradeField.parse(field);
    return parsed.aeads().isEmpty()
        ? null
        : new UpgradeOffer(List.copyOf(parsed.aeads()), parsed.kem(), parsed.features());
  }

  /**
   * The offer as it goes on the wire.
   *
   * @return the content of field 1001
   */
  public byte[] toBytes() {
    return UpgradeField.of(ciphers, kemKey, features).toBytes();
  }

  /**
   * Which ciphers.
   *
   * @return best first, not empty
   */
  public List<Aead> ciphers() {
    return ciphers;
  }

  /**
   * The key for a secret that a quantum computer does not find.
   *
   * @return a copy of what is meant to be an ML-KEM-768 encapsulation key; null if none is offered
   */
  public byte @Nullable [] kemKey() {
    byte[] key = kemKey;
    return key == null ? null : key.clone();
  }

  /**
   * Which features.
   *
   * @return a set of bits; of an offer that was read, also those that this side does not know
   */
  public long features() {
    return features;
  }

  @Override
  public String toString() {
    return "UpgradeOffer[%s%s, features %s]"
        .formatted(ciphers, kemKey == null ? "" : ", ML-KEM-768", Long.toBinaryString(features));
  }
}
