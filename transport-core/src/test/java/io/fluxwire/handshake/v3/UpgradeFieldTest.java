package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Aead;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What offers and choices may look like (protocol.md section 9.1). */
class UpgradeFieldTest {

  private static final UpgradeOffer TWO = offer("0801 0803");
  private static final UpgradeOffer WITH_KEY =
      UpgradeOffer.of(io.fluxwire.handshake.UpgradePolicy.allowed(), new byte[1184], 0);

  @Test
  void anOfferIsItsKnownCiphersInTheirOrder() {
    assertThat(TWO.ciphers()).containsExactly(Aead.AES_128_GCM, Aead.CHACHA20_POLY1305);
    assertThat(offer("0807 0803 08ffff03 0801 0803").ciphers())
        .containsExactly(Aead.CHACHA20_POLY1305, Aead.AES_128_GCM);
    assertThat(HexFormat.of().formatHex(TWO.toBytes())).isEqualTo("08010803");
  }

  @Test
  void ciphersMayBePacked() {
    assertThat(offer("0a03 030701").ciphers())
        .containsExactly(Aead.CHACHA20_POLY1305, Aead.AES_128_GCM);
    assertThat(offer("0a01 03 0801 0a00").ciphers())
        .containsExactly(Aead.CHACHA20_POLY1305, Aead.AES_128_GCM);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        // None of these is 1 before it is cut to 32 bits.
        "0804",
        "0800",
        "0881808080808080808001",
        "088180808010",
        // Another wire type is another field.
        "0d01000000",
        "1a00"
      })
  void anOfferWithoutAUsableCipherIsNone(String field) {
    assertThat(UpgradeOffer.parse(bytes(field))).isNull();
  }

  @Test
  void unknownFeaturesAndOddFieldsOfAnOfferArePassedOver() {
    assertThat(offer("0801 28ffffffffffffffffff01").features()).isEqualTo(-1);
    assertThat(offer("0801 3805 4b08014c").ciphers()).containsExactly(Aead.AES_128_GCM);
    // The wrong wire types of kem and features.
    assertThat(offer("0801 1805 2a0101").kemKey()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "08",
        "0a05 01",
        "0a02 0180",
        "08ffffffffffffffffffff01",
        "1a05 00",
        "1a00 1a00",
        "2800 2800",
        "03",
        "04",
        "0c",
        "00"
      })
  void whatIsNoSuchMessageOrHasAPartTwiceIsMalformed(String field) {
    assertThat(reason(() -> UpgradeOffer.parse(bytes(field)))).isEqualTo(Reason.UPGRADE_MALFORMED);
    assertThat(reason(() -> UpgradeChoice.parse(bytes(field), TWO)))
        .isEqualTo(Reason.UPGRADE_MALFORMED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0801 1001", "0801 2200", "0801 1300"})
  void anUnknownEvenFieldIsRefusedByItsNumber(String field) {
    PeerException refused =
        catchThrowableOfType(PeerException.class, () -> UpgradeOffer.parse(bytes(field)));
    assertThat(refused.reason()).isIn(Reason.UNKNOWN_EVEN_FIELD);
    assertThat(refused).hasMessageContaining("of Pkt.auth.upgrade");
  }

  @Test
  void aChoiceIsOneOfTheOfferedCiphers() {
    assertThat(UpgradeChoice.parse(bytes("0803"), TWO).cipher()).isEqualTo(Aead.CHACHA20_POLY1305);
    assertThat(UpgradeChoice.parse(bytes("0a0101"), TWO).cipher()).isEqualTo(Aead.AES_128_GCM);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "08010803", "08010801", "0a020103", "08010807", "2800"})
  void aChoiceOfNoneOrSeveralCiphersIsMalformed(String field) {
    assertThat(reason(() -> UpgradeChoice.parse(bytes(field), TWO)))
        .isEqualTo(Reason.UPGRADE_MALFORMED);
  }

  @Test
  void whatWasNotOfferedIsRefused() {
    String ciphertext = "1ac008" + "00".repeat(1088);
    for (String field :
        List.of(
            "0802",
            "0807",
            "0883808080808080808001",
            "0801 2801",
            "0801 2880808080808080808001",
            "0801 " + ciphertext)) {
      assertThat(reason(() -> UpgradeChoice.parse(bytes(field), TWO)))
          .as(field)
          .isEqualTo(Reason.UPGRADE_NOT_OFFERED);
    }
    assertThat(reason(() -> UpgradeChoice.parse(bytes("0801"), null)))
        .isEqualTo(Reason.UPGRADE_NOT_OFFERED);
  }

  @Test
  void aCiphertextHasItsSize() {
    for (int size : new int[] {0, 1, 1087, 1089}) {
      byte[] field = UpgradeField.of(List.of(Aead.AES_128_GCM), new byte[size], 0).toBytes();
      assertThat(reason(() -> UpgradeChoice.parse(field, WITH_KEY))).isEqualTo(Reason.KEM_INVALID);
    }
    byte[] right = UpgradeField.of(List.of(Aead.AES_128_GCM), new byte[1088], 0).toBytes();
    assertThat(UpgradeChoice.parse(right, WITH_KEY).parameters().isPostQuantum()).isTrue();
  }

  private static UpgradeOffer offer(String hex) {
    UpgradeOffer offer = UpgradeOffer.parse(bytes(hex));
    assertThat(offer).isNotNull();
    return offer;
  }

  private static Reason reason(org.assertj.core.api.ThrowableAssert.ThrowingCallable parsing) {
    return catchThrowableOfType(PeerException.class, parsing).reason();
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }
}
