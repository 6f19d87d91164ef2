package io.fluxwire.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Both curve implementations give the same answers. A few thousand operations in each build; a
 * million, in some two minutes, by
 *
 * <pre>
 *   mvn -B test -pl transport-core -am -Dtest=CurveAgreementTest \
 *       -Dsurefire.failIfNoSpecifiedTests=false -Dfluxwire.curve.operations=1000000
 * </pre>
 *
 * <p>with {@code -Dfluxwire.curve.seed=N} for others than the usual ones.
 */
class CurveAgreementTest {

  private static final long OPERATIONS = Long.getLong("fluxwire.curve.operations", 6_000);
  private static final long SEED = Long.getLong("fluxwire.curve.seed", 1);

  private static final byte[] ORDER =
      HexFormat.of().parseHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

  private final Secp256k1 bouncyCastle = Secp256k1.bouncyCastle();
  private final Secp256k1 library = Curves.libsecp256k1();
  private final Random random = new Random(SEED);
  private long operations;
  private int signaturesAccepted;
  private int signaturesRefused;
  private int pointsAccepted;
  private int pointsRefused;
  private int secretsRefused;

  @BeforeEach
  void thereAreTwo() {
    assertThat(library.name()).isNotEqualTo(bouncyCastle.name());
  }

  @Test
  void bothGiveTheSameAnswers() {
    byte[] one = new byte[32];
    one[31] = 1;
    byte[] theirs = bouncyCastle.publicKey(one);
    while (operations < OPERATIONS) {
      byte[] secret = number();
      if (!same("isSecret", curve -> curve.isSecret(secret))) {
        secretsRefused++;
        continue;
      }
      byte[] key = sameBytes("publicKey", curve -> curve.publicKey(secret));
      byte[] peer = theirs;
      sameBytes("sharedSecret", curve -> curve.sharedSecret(secret, peer));
      point(secret);
      sign(secret, key);
      theirs = key;
    }
    System.out.printf(
        "%,d operations, seed %d: %,d signatures verify, %,d do not; %,d points, %,d others%n",
        operations, SEED, signaturesAccepted, signaturesRefused, pointsAccepted, pointsRefused);
    assertThat(signaturesAccepted).isPositive();
    assertThat(signaturesRefused).isPositive();
    assertThat(pointsAccepted).isPositive();
    assertThat(pointsRefused).isPositive();
    assertThat(secretsRefused).isPositive();
  }

  /** About half of all x belong to a point. */
  private void point(byte[] secret) {
    byte[] maybe = new byte[33];
    System.arraycopy(number(), 0, maybe, 1, 32);
    maybe[0] = (byte) (random.nextInt(8) == 0 ? random.nextInt(256) : 2 + random.nextInt(2));
    if (same("isPublicKey", curve -> curve.isPublicKey(maybe))) {
      pointsAccepted++;
      sameBytes("sharedSecret", curve -> curve.sharedSecret(secret, maybe));
    } else {
      pointsRefused++;
    }
  }

  private void sign(byte[] secret, byte[] key) {
    byte[] hash = number();
    byte[] signature;
    if (Arrays.compareUnsigned(hash, ORDER) < 0) {
      signature = sameBytes("sign", curve -> curve.sign(secret, hash));
    } else {
      // RFC 6979 reduces such a hash before it makes the nonce, libsecp256k1 does not; no SHA-256
      // that anyone knows is one.
      signature = bouncyCastle.sign(secret, hash);
      verify(library.sign(secret, hash), hash, key);
    }
    assertThat(Signatures.isInRange(signature) && Signatures.isLowS(signature)).isTrue();
    verify(signature, hash, key);
    verify(flipped(signature), hash, key);
    verify(signature, flipped(hash), key);
    byte[] other = flipped(key);
    if (same("isPublicKey", curve -> curve.isPublicKey(other))) {
      verify(signature, hash, other);
    }
    byte[] replaced = signature.clone();
    System.arraycopy(number(), 0, replaced, 32 * random.nextInt(2), 32);
    verify(replaced, hash, key);
  }

  private void verify(byte[] signature, byte[] hash, byte[] key) {
    boolean accepted =
        same(
            "verify",
            curve ->
                Signatures.isInRange(signature)
                    && Signatures.isLowS(signature)
                    && curve.verify(signature, hash, key));
    if (accepted) {
      signaturesAccepted++;
    } else {
      signaturesRefused++;
    }
  }

  private byte[] sameBytes(String what, Function<Secp256k1, byte[]> operation) {
    return HexFormat.of()
        .parseHex(same(what, curve -> HexFormat.of().formatHex(operation.apply(curve))));
  }

  private <T> T same(String what, Function<Secp256k1, T> operation) {
    T expected = operation.apply(bouncyCastle);
    assertThat(operation.apply(library))
        .as("%s, operation %d of seed %d", what, operations, SEED)
        .isEqualTo(expected);
    operations++;
    return expected;
  }

  private byte[] flipped(byte[] bytes) {
    byte[] other = bytes.clone();
    other[random.nextInt(other.length)] ^= (byte) (1 << random.nextInt(8));
    return other;
  }

  /** 32 bytes; one in eight at an edge: close to zero, to the group order or to 2^256. */
  private byte[] number() {
    byte[] number = new byte[32];
    switch (random.nextInt(24)) {
      case 0 -> number[31] = (byte) random.nextInt(4);
      case 1 -> {
        System.arraycopy(ORDER, 0, number, 0, 32);
        number[31] += (byte) (random.nextInt(8) - 4);
      }
      case 2 -> {
        Arrays.fill(number, (byte) 0xff);
        number[31] -= (byte) random.nextInt(4);
      }
      default -> random.nextBytes(number);
    }
    return number;
  }
}
