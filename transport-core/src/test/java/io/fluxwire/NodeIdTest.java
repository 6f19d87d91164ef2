package io.fluxwire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeIdTest {

  private static final String GENERATOR =
      "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
  private static final String NEGATED =
      "0379be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

  @Test
  void printsWhatItParses() {
    assertThat(NodeId.parse(GENERATOR)).hasToString(GENERATOR);
  }

  @Test
  void parsesUpperCaseAndPrintsLower() {
    assertThat(NodeId.parse(GENERATOR.toUpperCase(Locale.ROOT))).hasToString(GENERATOR);
  }

  @Test
  void isAValue() {
    NodeId id = NodeId.parse(GENERATOR);
    assertThat(id)
        .isEqualTo(NodeId.of(HexFormat.of().parseHex(GENERATOR)))
        .hasSameHashCodeAs(NodeId.parse(GENERATOR))
        .isNotEqualTo(NodeId.parse(NEGATED))
        .isNotEqualTo(GENERATOR);
  }

  @Test
  void isOrderedByItsUnsignedBytes() {
    NodeId low = NodeId.parse(GENERATOR);
    NodeId high =
        NodeId.parse("02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9");
    assertThat(low).isLessThan(high).isEqualByComparingTo(NodeId.parse(GENERATOR));
    assertThat(NodeId.parse(NEGATED)).isGreaterThan(high);
  }

  @Test
  void doesNotShareItsBytes() {
    byte[] bytes = HexFormat.of().parseHex(GENERATOR);
    NodeId id = NodeId.of(bytes);
    bytes[0] = 0;
    id.toBytes()[0] = 0;
    assertThat(id).hasToString(GENERATOR);
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(
      strings = {
        "02",
        "not hex",
        "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f8179",
        "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f817",
        "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f8179800",
        "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "020000000000000000000000000000000000000000000000000000000000000005",
        "02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        " 279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
      })
  void refusesWhatIsNoNodeId(String text) {
    assertThatThrownBy(() -> NodeId.parse(text == null ? "null" : text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a node id");
  }
}
