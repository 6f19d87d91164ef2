package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.HandshakeException;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.testing.Cuts;
import io.fluxwire.testing.LentBuffers;
import io.fluxwire.testing.StubDuplex;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import reactor.core.publisher.Mono;

/** Whatever a stranger sends first: a valid key and all that follows it, or a typed refusal. */
class SessionKeyFuzzTest {

  private static final Secp256k1 CURVE = Secp256k1.preferred();
  private static final Secp256k1 OTHER_CURVE = Secp256k1.bouncyCastle();

  @FuzzTest
  void exchange(FuzzedDataProvider data) {
    byte[] input = data.consumeBytes(256);
    SessionKeyPair ours = SessionKeyPair.of(CURVE, HexFormat.of().parseHex("00".repeat(31) + "01"));
    byte[] key = Arrays.copyOf(input, SessionKeyPair.PUBLIC_KEY_SIZE);
    boolean whole = input.length >= SessionKeyPair.PUBLIC_KEY_SIZE;
    boolean valid = OTHER_CURVE.isPublicKey(key) && !Arrays.equals(key, ours.publicKey());
    StubDuplex duplex = new StubDuplex(LentBuffers.resuming(Cuts.of(data, input)));
    byte[] theirs;
    try {
      theirs = SessionKeyExchange.exchange(duplex, ours).block();
      assertThat(Mono.just(theirs).transform(KeyAgreement.agree(ours, CURVE)).block()).isNotNull();
    } catch (ConnectionClosedException e) {
      assertThat(whole).as("a whole key came").isFalse();
      return;
    } catch (HandshakeException e) {
      assertThat(whole && valid).as("refused: %s", e.reason()).isFalse();
      return;
    }
    assertThat(whole && valid).as("taken").isTrue();
    assertThat(theirs).isEqualTo(key);
    ByteArrayOutputStream rest = new ByteArrayOutputStream();
    duplex.receive().map(ByteBufUtil::getBytes).doOnNext(rest::writeBytes).blockLast();
    assertThat(rest.toByteArray()).isEqualTo(Arrays.copyOfRange(input, key.length, input.length));
  }
}
