package io.fluxwire.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.crypto.Wycheproof.Ecdh;
import io.fluxwire.crypto.Wycheproof.Ecdsa;
import io.fluxwire.crypto.Wycheproof.Hmac;
import io.fluxwire.crypto.Wycheproof.Result;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WycheproofTest {

  private static final BigInteger PRIME =
      BigInteger.TWO.pow(256).subtract(BigInteger.TWO.pow(32)).subtract(BigInteger.valueOf(977));
  private static final BigInteger ORDER =
      new BigInteger("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16);

  static Stream<Secp256k1> curves() {
    return Curves.all();
  }

  /** Theirs is x alone; ours hashes the parity of y with it, which the negated point turns over. */
  @ParameterizedTest
  @MethodSource("curves")
  void sharedSecretsAreWycheproofs(Secp256k1 curve) {
    int agreed = 0;
    for (Ecdh vector : Wycheproof.ecdh()) {
      if (vector.result() == Result.INVALID) {
        continue;
      }
      byte[] point = compressed(vector.point().bytes());
      byte[] negated = point.clone();
      negated[0] ^= 1;
      byte[] secret = vector.secret().bytes();
      byte[] x = vector.shared().bytes();
      assertThat(List.of(curve.sharedSecret(secret, point), curve.sharedSecret(secret, negated)))
          .as(vector.toString())
          .containsExactlyInAnyOrder(sha256(new byte[] {2}, x), sha256(new byte[] {3}, x));
      agreed++;
    }
    assertThat(agreed).isEqualTo(475);
  }

  @ParameterizedTest
  @MethodSource("curves")
  void pointsThatAreOnNoCurveOrAnotherAreRefused(Secp256k1 curve) {
    int refused = 0;
    for (Ecdh vector : Wycheproof.ecdh()) {
      byte[] point = vector.point().bytes();
      byte[] compressed = compressed(point);
      if (point.length != 33) {
        assertThat(curve.isPublicKey(point)).as(vector.toString()).isFalse();
      }
      boolean onCurve = isOnCurve(compressed);
      assertThat(curve.isPublicKey(compressed)).as(vector.toString()).isEqualTo(onCurve);
      if (!onCurve) {
        refused++;
        assertThat(vector.result()).isEqualTo(Result.INVALID);
        assertThatThrownBy(() -> curve.sharedSecret(vector.secret().bytes(), compressed))
            .as(vector.toString())
            .isInstanceOf(IllegalArgumentException.class);
      } else if (point.length == 33) {
        assertThat(vector.result()).as(vector.toString()).isNotEqualTo(Result.INVALID);
      }
    }
    assertThat(refused).isPositive();
  }

  @ParameterizedTest
  @MethodSource("curves")
  void bitcoinsSignaturesAreJudgedAlike(Secp256k1 curve) {
    List<Ecdsa> vectors = Wycheproof.ecdsa("ecdsa_secp256k1_bitcoin");
    assertThat(vectors).hasSize(231);
    for (Ecdsa vector : vectors) {
      assertThat(accepts(curve, vector, vector.sig().bytes()))
          .as(vector.toString())
          .isEqualTo(vector.result() == Result.VALID);
    }
  }

  /** These know no rule of a low s. */
  @ParameterizedTest
  @MethodSource("curves")
  void signaturesAreJudgedAlikeButForTheRuleOfTheLowS(Secp256k1 curve) {
    List<Ecdsa> vectors = Wycheproof.ecdsa("ecdsa_secp256k1_p1363");
    assertThat(vectors).hasSize(252);
    int high = 0;
    for (Ecdsa vector : vectors) {
      byte[] signature = vector.sig().bytes();
      boolean valid = vector.result() == Result.VALID;
      boolean isHigh =
          signature.length == 64
              && Signatures.isInRange(signature)
              && !Signatures.isLowS(signature);
      assertThat(accepts(curve, vector, signature))
          .as(vector.toString())
          .isEqualTo(valid && !isHigh);
      if (isHigh) {
        high++;
        assertThat(accepts(curve, vector, withOtherS(signature)))
            .as(vector.toString())
            .isEqualTo(valid);
      }
    }
    assertThat(high).isPositive();
  }

  /** The length that is announced chooses the way, not the result: 512 is the first long one. */
  @ParameterizedTest
  @ValueSource(ints = {0, 512})
  void macsAreWycheproofs(int announced) throws NoSuchAlgorithmException {
    int judged = 0;
    for (Hmac vector : Wycheproof.hmac()) {
      byte[] key = vector.key().bytes();
      if (key.length > 64) {
        continue;
      }
      KeyedHmac keyed = new KeyedHmac(key);
      StreamCipher cipher = new StreamCipher(new byte[16], key, new byte[16]);
      byte[] message = vector.msg().bytes();
      byte[] byKeyed = new byte[32];
      byte[] byCipher = new byte[32];
      // A second message, since keys are used for many.
      for (int i = 0; i < 2; i++) {
        keyed.begin(announced);
        keyed.update(message, 0, message.length);
        keyed.end(byKeyed, 0);
        cipher.beginMac(announced);
        cipher.authenticate(message, 0, message.length);
        cipher.mac(byCipher, 0);
        assertThat(byCipher).as(vector.toString()).isEqualTo(byKeyed);
      }
      byte[] tag = vector.tag().bytes();
      assertThat(Arrays.equals(Arrays.copyOf(byKeyed, tag.length), tag))
          .as(vector.toString())
          .isEqualTo(vector.result() == Result.VALID);
      judged++;
    }
    assertThat(judged).isEqualTo(168);
  }

  @Test
  void keyThatTheMacWouldHaveToHashFirstIsRefused() {
    assertThatThrownBy(() -> new KeyedHmac(new byte[65]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** The rules of section 4 of the protocol, in its order. */
  private static boolean accepts(Secp256k1 curve, Ecdsa vector, byte[] signature) {
    return signature.length == 64
        && Signatures.isInRange(signature)
        && Signatures.isLowS(signature)
        && curve.verify(signature, sha256(vector.msg().bytes()), vector.key().bytes());
  }

  private static byte[] withOtherS(byte[] signature) {
    byte[] s = ORDER.subtract(new BigInteger(1, signature, 32, 32)).toByteArray();
    byte[] other = Arrays.copyOf(signature, 64);
    Arrays.fill(other, 32, 64, (byte) 0);
    int size = Math.min(32, s.length);
    System.arraycopy(s, s.length - size, other, 64 - size, size);
    return other;
  }

  private static byte[] compressed(byte[] point) {
    if (point.length == 33) {
      return point;
    }
    byte[] compressed = Arrays.copyOf(point, 33);
    compressed[0] = (byte) (2 + (point[64] & 1));
    return compressed;
  }

  /** By Euler's criterion, apart from both implementations. */
  private static boolean isOnCurve(byte[] compressed) {
    BigInteger x = new BigInteger(1, compressed, 1, 32);
    BigInteger square = x.pow(3).add(BigInteger.valueOf(7)).mod(PRIME);
    return x.compareTo(PRIME) < 0
        && square.modPow(PRIME.shiftRight(1), PRIME).equals(BigInteger.ONE);
  }

  private static byte[] sha256(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(part);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
