package io.fluxwire.lightning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FeatureBitsTest {

  @Test
  void theLowestBitIsInTheLastByte() {
    assertThat(FeatureBits.of(0, 9, 13).toBytes()).containsExactly(0x22, 0x01);
    assertThat(FeatureBits.parse(new byte[] {0, 0x22, 0x01})).isEqualTo(FeatureBits.of(0, 9, 13));
    assertThat(FeatureBits.none().toBytes()).isEmpty();
    assertThat(FeatureBits.of(519_999).toBytes()).hasSize(65_000);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 520_000})
  void aBitThatHasNoRoomIsRefused(int bit) {
    assertThatThrownBy(() -> FeatureBits.of(bit)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void eitherBitOfAPairIsTheFeature() {
    assertThat(FeatureBits.of(12, 15).firstRequiredBeyond(FeatureBits.of(13))).isEqualTo(-1);
    assertThat(FeatureBits.of(12).firstRequiredBeyond(FeatureBits.of(12))).isEqualTo(-1);
    assertThat(FeatureBits.of(12).firstRequiredBeyond(FeatureBits.of(11, 14))).isEqualTo(12);
    assertThat(FeatureBits.of(13).firstRequiredBeyond(FeatureBits.none())).isEqualTo(-1);
  }

  @Test
  void theyAreAValue() {
    FeatureBits bits = FeatureBits.of(1).or(FeatureBits.of(8));
    assertThat(bits).isEqualTo(FeatureBits.of(8, 1)).hasSameHashCodeAs(FeatureBits.of(8, 1));
    assertThat(bits).hasToString("[1, 8]");
    assertThat(bits.has(8)).isTrue();
    assertThat(bits.has(-1)).isFalse();
    assertThat(bits.stream()).containsExactly(1, 8);
    byte[] all = new byte[1_000];
    java.util.Arrays.fill(all, (byte) 0xff);
    assertThat(FeatureBits.parse(all).toString()).hasSizeLessThan(300).endsWith(", 63, ...]");
  }
}
