package io.fluxwire.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.testing.GoldenSessions;
import io.fluxwire.testing.GoldenSessions.Direction;
import io.fluxwire.testing.GoldenSessions.Keys;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenKeysTest {

  static Stream<Arguments> directionsByCurve() {
    return Curves.all()
        .flatMap(
            curve ->
                GoldenSessions.directions()
                    .map(direction -> Arguments.of(curve.name(), curve, direction)));
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("directionsByCurve")
  void nodeIdIsThePublicKeyOfTheNodeSecret(String name, Secp256k1 curve, Direction golden) {
    assertThat(hex(curve.publicKey(golden.from().nodeSecret().bytes())))
        .isEqualTo(golden.from().nodeId().digits());
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("directionsByCurve")
  void sessionPubkeyIsThePublicKeyOfTheSessionSecret(
      String name, Secp256k1 curve, Direction golden) {
    SessionKeyPair pair = SessionKeyPair.of(curve, golden.from().sessionSecret().bytes());
    assertThat(hex(pair.publicKey())).isEqualTo(golden.from().sessionPubkey().digits());
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("directionsByCurve")
  void sharedSecretHashesTheWholeCompressedPoint(String name, Secp256k1 curve, Direction golden) {
    SessionKeyPair pair = SessionKeyPair.of(curve, golden.from().sessionSecret().bytes());
    assertThat(hex(pair.agree(curve, golden.to().sessionPubkey().bytes())))
        .isEqualTo(golden.session().sharedSecret().digits());
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("directionsByCurve")
  void signatureOfTheGoldenHashIsReproduced(String name, Secp256k1 curve, Direction golden) {
    byte[] hash = golden.from().signedHash().bytes();
    String expected = golden.from().signatureR().digits() + golden.from().signatureS().digits();
    assertThat(hex(curve.sign(golden.from().nodeSecret().bytes(), hash))).isEqualTo(expected);
    assertThat(
            curve.verify(HexFormat.of().parseHex(expected), hash, golden.from().nodeId().bytes()))
        .isTrue();
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("directionsByCurve")
  void bothSidesDeriveTheSendersKeys(String name, Secp256k1 curve, Direction golden)
      throws GeneralSecurityException {
    SessionKeys sender =
        SessionKeys.agree(
            curve,
            SessionKeyPair.of(curve, golden.from().sessionSecret().bytes()),
            golden.to().sessionPubkey().bytes());
    SessionKeys receiver =
        SessionKeys.agree(
            curve,
            SessionKeyPair.of(curve, golden.to().sessionSecret().bytes()),
            golden.from().sessionPubkey().bytes());
    String expected = firstBytes(golden.from().sending());
    assertThat(firstBytes(sender.sending().start())).isEqualTo(expected);
    assertThat(firstBytes(receiver.receiving().start())).isEqualTo(expected);
  }

  private static String firstBytes(StreamCipher cipher) {
    byte[] keyStream = new byte[64];
    cipher.crypt(new byte[64], 0, 64, keyStream, 0);
    byte[] mac = new byte[32];
    cipher.beginMac(0);
    cipher.mac(mac, 0);
    return hex(keyStream) + hex(mac);
  }

  private static String firstBytes(Keys keys) throws GeneralSecurityException {
    Cipher aes = Cipher.getInstance("AES/CTR/NoPadding");
    aes.init(
        Cipher.ENCRYPT_MODE,
        new SecretKeySpec(keys.aesKey().bytes(), "AES"),
        new IvParameterSpec(keys.iv().bytes()));
    Mac hmac = Mac.getInstance("HmacSHA256");
    hmac.init(new SecretKeySpec(keys.hmacKey().bytes(), "HmacSHA256"));
    return hex(aes.doFinal(new byte[64])) + hex(hmac.doFinal());
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
