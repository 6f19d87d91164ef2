package io.fluxwire.record.v3;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.crypto.Curves;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeys;
import io.fluxwire.testing.BufferRecorder;
import io.fluxwire.testing.GoldenSessions;
import io.fluxwire.testing.GoldenSessions.Direction;
import io.fluxwire.testing.GoldenSessions.Packet;
import io.fluxwire.testing.GoldenSessions.Side;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenFramesTest {

  static Stream<Arguments> directionsByCurve() {
    return Curves.all()
        .flatMap(
            curve ->
                GoldenSessions.directions()
                    .map(direction -> Arguments.of(curve.name(), curve, direction)));
  }

  static Stream<Direction> directions() {
    return GoldenSessions.directions();
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("directionsByCurve")
  void sealReproducesEveryFrameByteForByte(String name, Secp256k1 curve, Direction golden) {
    SessionKeys keys = agree(curve, golden.from(), golden.to());
    assertThat(hex(Framing.seal(keys.sending(), golden.from().payloads())))
        .isEqualTo(
            golden.from().packets().stream().map(packet -> packet.frame().digits()).toList());
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("directionsByCurve")
  void openReadsTheStreamByteByByte(String name, Secp256k1 curve, Direction golden) {
    SessionKeys keys = agree(curve, golden.to(), golden.from());
    assertOpened(Framing.open(keys.receiving(), Framing.cut(golden.from().stream(), 1)), golden);
  }

  @ParameterizedTest
  @MethodSource("directions")
  void openReadsTheStreamUnderEverySplit(Direction golden) {
    byte[] stream = golden.from().stream();
    for (int at = 0; at <= stream.length; at++) {
      SessionKeys keys = agree(Curves.libsecp256k1(), golden.to(), golden.from());
      assertOpened(Framing.open(keys.receiving(), Framing.split(stream, at)), golden);
    }
  }

  @ParameterizedTest
  @MethodSource("directions")
  void totlenCountsPayloadsAndNothingElse(Direction golden) {
    long sum = 0;
    for (Packet packet : golden.from().packets()) {
      sum += packet.payload().bytes().length;
      assertThat(packet.totlen()).isEqualTo(sum);
    }
  }

  private static SessionKeys agree(Secp256k1 curve, Side ours, Side theirs) {
    SessionKeyPair pair = SessionKeyPair.of(curve, ours.sessionSecret().bytes());
    return SessionKeys.agree(curve, pair, theirs.sessionPubkey().bytes());
  }

  private static void assertOpened(BufferRecorder opened, Direction golden) {
    assertThat(opened.error()).isNull();
    assertThat(opened.isCompleted()).isTrue();
    assertThat(hex(opened.received())).isEqualTo(hex(golden.from().payloads()));
  }

  private static List<String> hex(List<byte[]> bytes) {
    return bytes.stream().map(HexFormat.of()::formatHex).toList();
  }
}
