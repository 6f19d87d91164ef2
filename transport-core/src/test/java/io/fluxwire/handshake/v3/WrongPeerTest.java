package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.HandshakeException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.testing.LentBuffers;
import io.fluxwire.testing.StubDuplex;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

class WrongPeerTest {

  private final SessionKeyPair ours =
      SessionKeyPair.generate(Secp256k1.preferred(), new SecureRandom());

  /**
   * What a peer says first.
   *
   * @param enough how many of the bytes tell who it is
   */
  record Start(String speaks, byte[] bytes, int enough) {

    static Start text(String speaks, String text, int enough) {
      return new Start(speaks, text.getBytes(StandardCharsets.ISO_8859_1), enough);
    }

    static Start hex(String speaks, String hex, int enough) {
      return new Start(speaks, HexFormat.of().parseHex(hex), enough);
    }
  }

  static Stream<Start> starts() {
    String key = "02" + "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    return Stream.of(
        Start.hex("TLS", "16030102000100", 2),
        Start.hex("TLS", "15030300020246", 2),
        Start.text("HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 4),
        Start.text("HTTP", "POST / HTTP/1.0\r\n", 5),
        Start.text("HTTP", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 4),
        Start.text("HTTP", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", 5),
        Start.text("SSH", "SSH-2.0-OpenSSH_9.2p1\r\n", 4),
        Start.hex("BOLT 8", "00" + key + "0df6086551151f58b8afe6c195782c6a", 2),
        Start.hex("a later version of the old daemon", "21000000" + key, 5));
  }

  @ParameterizedTest
  @MethodSource("starts")
  void foreignProtocolIsNamed(Start start) {
    assertNamed(start, fail(start.bytes()));
  }

  @ParameterizedTest
  @MethodSource("starts")
  void itIsNamedAsSoonAsItsFirstBytesAreHereAndNoSooner(Start start) {
    LentBuffers input = new LentBuffers();
    Throwable[] failure = new Throwable[1];
    SessionKeyExchange.exchange(new StubDuplex(input), ours)
        .subscribe(exchanged -> {}, error -> failure[0] = error);
    for (int i = 0; i < start.enough(); i++) {
      assertThat(failure[0]).isNull();
      input.emit(new byte[] {start.bytes()[i]});
    }
    assertNamed(start, failure[0]);
    assertThat(input.isCancelled()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("starts")
  void itIsNamedWhenItSaysNoMoreAndCloses(Start start) {
    assertNamed(start, fail(Arrays.copyOf(start.bytes(), start.enough())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"G", "SSH", "HTTP", "PO"})
  void tooFewBytesToTellAreNoSessionKeyEither(String text) {
    assertThat(fail(text.getBytes(StandardCharsets.ISO_8859_1)))
        .isInstanceOf(HandshakeException.class)
        .hasMessageEndingWith("it does not speak version 3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"EHLO there\r\n", "GETAWAY", "SSHD", "\0\0", "\26\2"})
  void whatNobodySpeaksIsRefusedAtItsFirstBytes(String text) {
    Flux<io.netty.buffer.ByteBuf> open =
        LentBuffers.of(List.of(text.getBytes(StandardCharsets.ISO_8859_1)))
            .concatWith(Flux.never());
    Throwable[] failure = new Throwable[1];
    SessionKeyExchange.exchange(new StubDuplex(open), ours)
        .subscribe(exchanged -> {}, error -> failure[0] = error);
    assertThat(failure[0])
        .isInstanceOf(HandshakeException.class)
        .hasMessageEndingWith("it does not speak version 3");
  }

  @Test
  void startOfASessionKeyIsNobodyElses() {
    assertThat(fail(new byte[] {2, 3})).isInstanceOf(ConnectionClosedException.class);
  }

  private static void assertNamed(Start start, @Nullable Throwable failure) {
    assertThat(failure).isInstanceOf(HandshakeException.class);
    assertThat(((HandshakeException) failure).reason()).isEqualTo(Reason.SESSION_KEY_PREFIX);
    assertThat(failure).hasMessageContaining("it speaks " + start.speaks());
  }

  private Throwable fail(byte[] sent) {
    return catchThrowable(
        () ->
            SessionKeyExchange.exchange(new StubDuplex(LentBuffers.of(List.of(sent))), ours)
                .block());
  }
}
