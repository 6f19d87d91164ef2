package io.fluxwire.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class Secp256k1Test {

  private static final String ORDER =
      "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

  private final Secp256k1 bouncyCastle = Secp256k1.bouncyCastle();
  private final Secp256k1 library = Curves.libsecp256k1();

  static Stream<Secp256k1> curves() {
    return Curves.all();
  }

  @Test
  void bothAgreeOnRandomKeys() {
    Random random = new Random(1);
    byte[] theirs = bouncyCastle.publicKey(next(random));
    for (int i = 0; i < 200; i++) {
      byte[] secret = next(random);
      byte[] hash = next(random);
      byte[] key = bouncyCastle.publicKey(secret);
      byte[] signature = bouncyCastle.sign(secret, hash);
      assertThat(library.publicKey(secret)).isEqualTo(key);
      assertThat(library.sharedSecret(secret, theirs))
          .isEqualTo(bouncyCastle.sharedSecret(secret, theirs));
      assertThat(library.sign(secret, hash)).isEqualTo(signature);
      assertThat(Signatures.isInRange(signature)).isTrue();
      assertThat(Signatures.isLowS(signature)).isTrue();
      assertVerifies(true, signature, hash, key);
      hash[i % 32] ^= 1;
      assertVerifies(false, signature, hash, key);
      theirs = key;
    }
  }

  @Test
  void bothSidesOfAnAgreementShareOneSecret() {
    Random random = new Random(2);
    byte[] a = next(random);
    byte[] b = next(random);
    assertThat(library.sharedSecret(a, bouncyCastle.publicKey(b)))
        .isEqualTo(bouncyCastle.sharedSecret(b, library.publicKey(a)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "01",
        "0000000000000000000000000000000000000000000000000000000000000000",
        ORDER,
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "000000000000000000000000000000000000000000000000000000000000000001"
      })
  void bothRefuseWhatIsNoSecret(String hex) {
    byte[] secret = HexFormat.of().parseHex(hex);
    byte[] key = bouncyCastle.publicKey(one());
    for (Secp256k1 curve : new Secp256k1[] {bouncyCastle, library}) {
      assertThat(curve.isSecret(secret)).as(curve.name()).isFalse();
      assertThatThrownBy(() -> curve.publicKey(secret))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> curve.sign(secret, new byte[32]))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> curve.sharedSecret(secret, key))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "0079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "0679be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "020000000000000000000000000000000000000000000000000000000000000005",
        "02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
        "02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30",
        "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
            + "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
      })
  void bothRefuseWhatIsNoCompressedPoint(String hex) {
    byte[] key = HexFormat.of().parseHex(hex);
    assertThat(bouncyCastle.isPublicKey(key)).isFalse();
    assertThat(library.isPublicKey(key)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("curves")
  void sharedSecretWithWhatIsNoPointIsRefused(Secp256k1 curve) {
    byte[] off = new byte[33];
    off[0] = 2;
    off[32] = 5;
    assertThatThrownBy(() -> curve.sharedSecret(one(), off))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @MethodSource("curves")
  void smallestAndLargestSecretsAreValid(Secp256k1 curve) {
    byte[] largest = HexFormat.of().parseHex(ORDER);
    largest[31]--;
    assertThat(curve.isSecret(one())).isTrue();
    assertThat(curve.isSecret(largest)).isTrue();
    assertThat(HexFormat.of().formatHex(curve.publicKey(one())))
        .isEqualTo("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    assertThat(HexFormat.of().formatHex(curve.publicKey(largest)))
        .isEqualTo("0379be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
  }

  @Test
  void preferredIsTheLibraryWhereItIsOnTheClassPath() {
    assertThat(PreferredSecp256k1.select(null, LoggerFactory.getLogger(getClass())).name())
        .isEqualTo("libsecp256k1");
    assertThat(PreferredSecp256k1.select("bouncycastle", LoggerFactory.getLogger(getClass())))
        .isSameAs(bouncyCastle);
  }

  @Test
  void unknownNameIsRefused() {
    assertThatThrownBy(
            () -> PreferredSecp256k1.select("openssl", LoggerFactory.getLogger(getClass())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("libsecp256k1 or bouncycastle");
  }

  private void assertVerifies(boolean expected, byte[] signature, byte[] hash, byte[] key) {
    assertThat(bouncyCastle.verify(signature, hash, key)).isEqualTo(expected);
    assertThat(library.verify(signature, hash, key)).isEqualTo(expected);
  }

  private static byte[] one() {
    byte[] one = new byte[32];
    one[31] = 1;
    return one;
  }

  private static byte[] next(Random random) {
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    return bytes;
  }
}
