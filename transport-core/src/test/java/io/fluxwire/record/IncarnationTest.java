package io.fluxwire.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IncarnationTest {

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  @Test
  void isItsBytes() {
    byte[] bytes = bytes("000102030405060708090a0b0c0d0e0f");
    Incarnation one = Incarnation.of(bytes);
    assertThat(one.toBytes()).isEqualTo(bytes);
    assertThat(one).isEqualTo(Incarnation.of(bytes.clone())).hasSameHashCodeAs(one);
    for (int i = 0; i < Incarnation.SIZE; i++) {
      byte[] changed = bytes.clone();
      changed[i] ^= 1;
      assertThat(Incarnation.of(changed)).isNotEqualTo(one);
    }
    assertThat(one).isNotEqualTo(null).hasToString("00010203");
  }

  @Test
  void zerosAreNone() {
    assertThat(Incarnation.of(new byte[16])).isEqualTo(Incarnation.NONE);
    assertThat(Incarnation.NONE.isNone()).isTrue();
    assertThat(Incarnation.NONE).hasToString("none");
    assertThat(Incarnation.of(bytes("00000000000000000000000000000001")).isNone()).isFalse();
    assertThat(Incarnation.of(bytes("01000000000000000000000000000000")).isNone()).isFalse();
  }

  @Test
  void hasSixteenBytes() {
    assertThatIllegalArgumentException().isThrownBy(() -> Incarnation.of(new byte[15]));
    assertThatIllegalArgumentException().isThrownBy(() -> Incarnation.of(new byte[17]));
  }

  @Test
  void aNewStoreHasOneOfItsOwn() {
    SecureRandom random = new SecureRandom();
    assertThat(
            IntStream.range(0, 100)
                .mapToObj(i -> Incarnation.random(random))
                .collect(Collectors.toSet()))
        .hasSize(100);
  }

  @Test
  void aNewStoreNeverHasNone() {
    SecureRandom zerosFirst =
        new SecureRandom() {
          private static final long serialVersionUID = 1L;
          private int calls;

          @Override
          public void nextBytes(byte[] bytes) {
            bytes[0] = (byte) calls++;
          }
        };
    assertThat(Incarnation.random(zerosFirst)).hasToString("01000000");
  }
}
