package io.fluxwire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.crypto.Secp256k1;
import java.util.HexFormat;
import java.util.Locale;

/** A node id has one form in bytes and, but for case, one in text. */
class NodeIdFuzzTest {

  @FuzzTest
  void parse(FuzzedDataProvider data) {
    String text =
        data.consumeBoolean()
            ? data.consumeRemainingAsString()
            : HexFormat.of().formatHex(data.consumeRemainingAsBytes());
    NodeId id;
    try {
      id = NodeId.parse(text);
    } catch (IllegalArgumentException e) {
      assertThat(text.matches("[0-9a-fA-F]{66}") && isPoint(text)).as("refused").isFalse();
      return;
    }
    assertThat(id).hasToString(text.toLowerCase(Locale.ROOT));
    assertThat(isPoint(text)).isTrue();
    assertThat(NodeId.of(id.toBytes())).isEqualTo(id).hasSameHashCodeAs(id);
    assertThat(id.compareTo(NodeId.parse(id.toString()))).isZero();
  }

  private static boolean isPoint(String hex) {
    return Secp256k1.bouncyCastle().isPublicKey(HexFormat.of().parseHex(hex));
  }
}
