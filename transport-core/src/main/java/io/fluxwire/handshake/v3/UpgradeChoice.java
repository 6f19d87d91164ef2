package io.fluxwire.handshake.v3;

import io.fluxwire.AuthenticationException;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the side that dialled chooses of an {@link UpgradeOffer}, in field 1001 of its {@code
 * authenticate} (protocol.md section 9.1). Immutable.
 */
public final class UpgradeChoice {

  /** The size of an ML-KEM-768 ciphertext (FIPS 203): 1,088 bytes. */
  private static final int CIPHERTEXT_SIZE = 1088;

  private final Aead cipher;
  private final byte @Nullable [] ciphertext;
  private final long features;

  UpgradeChoice(Aead cipher, byte @Nullable [] ciphertext, long features) {
    this.cipher = cipher;
    this.ciphertext = ciphertext == null ? null : ciphertext.clone();
    this.features = features;
  }

  /**
   * Reads a choice and holds it against what was offered. Whether it is wanted, for lack of a
   * ciphertext, is another question: {@link Upgrades#requireWanted}.
   *
   * @param field the content of field 1001
   * @param offer what this side had offered; null if it had offered nothing
   * @return a sound choice
   * @throws PacketException with {@link Reason#UPGRADE_MALFORMED} when it is no such message, has a
   *     part twice or not one cipher, and with {@link Reason#UNKNOWN_EVEN_FIELD}
   * @throws AuthenticationException with {@link Reason#UPGRADE_NOT_OFFERED} or, for a ciphertext of
   *     a wrong size, with {@link Reason#KEM_INVALID}
   */
  public static UpgradeChoice parse(byte[] field, @Nullable UpgradeOffer offer) {
    UpgradeField parsed = UpgradeField.parse(field);
    if (offer == null) {
      throw notOffered("an upgrade");
    }
    if (parsed.aeadCount() != 1) {
      throw UpgradeField.malformed("it chooses %d ciphers, not one".formatted(parsed.aeadCount()));
    }
    List<Aead> known = List.copyOf(parsed.aeads());
    if (known.isEmpty() || !offer.ciphers().contains(known.get(0))) {
      throw notOffered("a cipher");
    }
    if ((parsed.features() & ~offer.features()) != 0) {
      throw notOffered("a feature");
    }
    byte[] ciphertext = parsed.kem();
    if (ciphertext != null) {
      if (offer.kemKey() == null) {
        throw notOffered("post-quantum secrecy");
      }
      if (ciphertext.length != CIPHERTEXT_SIZE) {
        throw new AuthenticationException(
            Reason.KEM_INVALID,
            "the peer's ML-KEM-768 ciphertext has %,d bytes, not %,d"
                .formatted(ciphertext.length, CIPHERTEXT_SIZE));
      }
    }
    return new UpgradeChoice(known.get(0), ciphertext, parsed.features());
  }

  private static AuthenticationException notOffered(String what) {
    return new AuthenticationException(
        Reason.UPGRADE_NOT_OFFERED, "the peer chose %s that it was not offered".formatted(what));
  }

  /**
   * The choice as it goes on the wire.
   *
   * @return the content of field 1001
   */
  public byte[] toBytes() {
    return UpgradeField.of(List.of(cipher), ciphertext, features).toBytes();
  }

  /**
   * Which cipher.
   *
   * @return the one that both directions have
   */
  public Aead cipher() {
    return cipher;
  }

  /**
   * The secret that a quantum computer does not find, for the key that was offered.
   *
   * @return a copy of the ML-KEM-768 ciphertext, 1,088 bytes; null if there is none
   */
  public byte @Nullable [] ciphertext() {
    byte[] bytes = ciphertext;
    return bytes == null ? null : bytes.clone();
  }

  /**
   * Which features.
   *
   * @return a set of bits, all of them offered
   */
  public long features() {
    return features;
  }

  /**
   * What a session has that is upgraded by this.
   *
   * @return the parameters
   */
  public SessionParameters parameters() {
    return SessionParameters.upgraded(cipher, ciphertext != null, features);
  }

  @Override
  public String toString() {
    return "UpgradeChoice[%s%s, features %s]"
        .formatted(cipher, ciphertext == null ? "" : ", ML-KEM-768", Long.toBinaryString(features));
  }
}
