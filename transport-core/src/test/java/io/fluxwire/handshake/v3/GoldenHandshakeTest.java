package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.crypto.Curves;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.Records;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.testing.GoldenSessions;
import io.fluxwire.testing.GoldenSessions.Direction;
import io.fluxwire.testing.LentBuffers;
import io.fluxwire.testing.StubDuplex;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;

/** All stages on what the old daemon sends, from the first byte on. */
class GoldenHandshakeTest {

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
  void proofIsTheGoldenAuthenticateByteForByte(String name, Secp256k1 curve, Direction golden) {
    NodeKey key = NodeKey.of(golden.from().nodeSecret().bytes());
    Authenticator authenticator =
        new Authenticator(key, golden.from().sessionPubkey().bytes(), null, curve);
    assertThat(authenticator.prove(golden.to().sessionPubkey().bytes()).block().toByteArray())
        .isEqualTo(golden.from().packets().get(0).payload().bytes());
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("directionsByCurve")
  void streamByteByByteAuthenticatesAndGivesEveryPayload(
      String name, Secp256k1 curve, Direction golden) {
    byte[] stream = stream(golden);
    List<byte[]> bytes = new ArrayList<>();
    for (byte one : stream) {
      bytes.add(new byte[] {one});
    }
    assertReceived(curve, golden, bytes);
  }

  @ParameterizedTest
  @MethodSource("directions")
  void streamUnderEverySplitNearItsStartAuthenticatesAndGivesEveryPayload(Direction golden) {
    byte[] stream = stream(golden);
    int handshake = 33 + golden.from().packets().get(0).frame().bytes().length;
    for (int at = 0; at <= handshake + 60; at++) {
      assertReceived(
          Curves.libsecp256k1(),
          golden,
          List.of(Arrays.copyOf(stream, at), Arrays.copyOfRange(stream, at, stream.length)));
    }
  }

  private static byte[] stream(Direction golden) {
    byte[] key = golden.from().sessionPubkey().bytes();
    byte[] frames = golden.from().stream();
    byte[] all = Arrays.copyOf(key, key.length + frames.length);
    System.arraycopy(frames, 0, all, key.length, frames.length);
    return all;
  }

  private static void assertReceived(Secp256k1 curve, Direction golden, List<byte[]> chunks) {
    NodeKey key = NodeKey.of(golden.to().nodeSecret().bytes());
    SessionKeyPair pair = SessionKeyPair.of(curve, golden.to().sessionSecret().bytes());
    StubDuplex duplex = new StubDuplex(LentBuffers.resuming(chunks));
    List<NodeId> peers = new ArrayList<>();
    List<String> received =
        SessionKeyExchange.exchange(duplex, pair)
            .transform(KeyAgreement.agree(pair, curve))
            .flatMapMany(
                keys -> {
                  RecordOpener opener =
                      Frames.SUITE.opener(keys.receiving(), UnpooledByteBufAllocator.DEFAULT);
                  return Records.openFirst(duplex, opener, ReadLimits.NONE)
                      .as(new Authenticator(key, pair.publicKey(), null, curve).verify())
                      .doOnNext(peers::add)
                      .thenMany(
                          Flux.defer(duplex::receive)
                              .transform(Records.open(() -> opener, ReadLimits.NONE)));
                })
            .map(payload -> HexFormat.of().formatHex(ByteBufUtil.getBytes(payload)))
            .collectList()
            .block();
    assertThat(peers).containsExactly(NodeId.of(golden.from().nodeId().bytes()));
    assertThat(received)
        .isEqualTo(
            golden.from().packets().stream()
                .skip(1)
                .map(packet -> packet.payload().digits())
                .toList());
    assertThat(duplex.written()).isEqualTo(golden.to().sessionPubkey().bytes());
  }
}
