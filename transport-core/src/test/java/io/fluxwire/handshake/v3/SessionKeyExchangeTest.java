package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.HandshakeException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.testing.LentBuffers;
import io.fluxwire.testing.StubDuplex;
import io.netty.buffer.ByteBufUtil;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

class SessionKeyExchangeTest {

  private static final Secp256k1 CURVE = Secp256k1.preferred();

  private final SessionKeyPair ours = SessionKeyPair.generate(CURVE, new SecureRandom());
  private final byte[] theirs = SessionKeyPair.generate(CURVE, new SecureRandom()).publicKey();

  @Test
  void ownKeyIsSentBeforeTheirsCame() {
    StubDuplex duplex = new StubDuplex(Flux.never());
    SessionKeyExchange.exchange(duplex, ours).subscribe();
    assertThat(duplex.written()).isEqualTo(ours.publicKey());
  }

  @Test
  void nothingIsSentBeforeASubscription() {
    StubDuplex duplex = new StubDuplex(Flux.never());
    assertThat(SessionKeyExchange.exchange(duplex, ours)).isNotNull();
    assertThat(duplex.written()).isEmpty();
  }

  @Test
  void keyIsReadUnderEverySplitAndTheRestIsKept() {
    byte[] stream = Arrays.copyOf(theirs, 50);
    for (int at = 0; at <= stream.length; at++) {
      StubDuplex duplex =
          duplex(Arrays.copyOf(stream, at), Arrays.copyOfRange(stream, at, stream.length));
      assertThat(SessionKeyExchange.exchange(duplex, ours).block()).isEqualTo(theirs);
      assertThat(rest(duplex)).isEqualTo(Arrays.copyOfRange(stream, 33, 50));
    }
  }

  @Test
  void nothingIsRequestedBeyondTheKeyAndTheInputIsLeftToWhoeverReadsOn() {
    LentBuffers input = new LentBuffers();
    SessionKeyExchange.exchange(new StubDuplex(input), ours).subscribe();
    input.emit(Arrays.copyOf(theirs, 20));
    input.emit(Arrays.copyOfRange(theirs, 20, 33));
    assertThat(input.requested()).isEqualTo(2);
    assertThat(input.isCancelled()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 5, 6, 7, 0x16, 0x47, 0xff})
  void keyWithAnotherPrefixIsRefused(int prefix) {
    byte[] key = theirs.clone();
    key[0] = (byte) prefix;
    assertThat(refused(key)).isEqualTo(Reason.SESSION_KEY_PREFIX);
  }

  @Test
  void ownKeySentBackIsRefused() {
    assertThat(refused(ours.publicKey())).isEqualTo(Reason.SESSION_KEY_REFLECTED);
  }

  @Test
  void endInsideTheKeyIsAClosedConnection() {
    Throwable thrown = catchThrowable(() -> exchange(Arrays.copyOf(theirs, 32)));
    assertThat(thrown).isInstanceOf(ConnectionClosedException.class);
    assertThat(((PeerException) thrown).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  @Test
  void refusalCancelsTheInput() {
    LentBuffers input = new LentBuffers();
    SessionKeyExchange.exchange(new StubDuplex(input), ours)
        .subscribe(exchanged -> {}, error -> {});
    input.emit(ours.publicKey());
    assertThat(input.isCancelled()).isTrue();
  }

  private static StubDuplex duplex(byte[]... chunks) {
    return new StubDuplex(LentBuffers.resuming(List.of(chunks)));
  }

  private byte[] exchange(byte[]... chunks) {
    return SessionKeyExchange.exchange(duplex(chunks), ours).block();
  }

  private Reason refused(byte[] key) {
    Throwable thrown = catchThrowable(() -> exchange(key));
    assertThat(thrown).isInstanceOf(HandshakeException.class);
    return ((PeerException) thrown).reason();
  }

  private static byte[] rest(StubDuplex duplex) {
    return duplex
        .receive()
        .map(ByteBufUtil::getBytes)
        .reduce(
            new byte[0],
            (all, more) -> {
              byte[] both = Arrays.copyOf(all, all.length + more.length);
              System.arraycopy(more, 0, both, all.length, more.length);
              return both;
            })
        .block();
  }
}
