package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.HandshakeException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeys;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

class KeyAgreementTest {

  private static final Secp256k1 CURVE = Secp256k1.preferred();

  private final SessionKeyPair ours = SessionKeyPair.generate(CURVE, new SecureRandom());
  private final byte[] theirs = SessionKeyPair.generate(CURVE, new SecureRandom()).publicKey();

  @Test
  void agreementGivesKeysAndWipesThePair() {
    SessionKeys keys = agree(theirs).block();
    assertThat(keys.isDestroyed()).isFalse();
    assertThat(ours.isDestroyed()).isTrue();
  }

  @Test
  void pairIsGoodForOneAgreement() {
    assertThat(agree(theirs).block()).isNotNull();
    assertThatThrownBy(() -> agree(theirs).block())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("one handshake");
  }

  /** Whose x is not on the curve; is the field prime; is over it by 1, which is on the curve. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "020000000000000000000000000000000000000000000000000000000000000005",
        "02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
        "02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30"
      })
  void keyOffTheCurveIsRefusedAndWipesThePairAllTheSame(String off) {
    assertThatThrownBy(() -> agree(HexFormat.of().parseHex(off)).block())
        .isInstanceOfSatisfying(
            HandshakeException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.SESSION_KEY_NOT_ON_CURVE))
        .isInstanceOf(PeerException.class);
    assertThat(ours.isDestroyed()).isTrue();
  }

  @Test
  void keysAreGoodForOneStreamEach() {
    SessionKeys keys = agree(theirs).block();
    assertThat(keys.sending().start()).isNotNull();
    assertThat(keys.sending().isDestroyed()).isTrue();
    assertThat(keys.receiving().isDestroyed()).isFalse();
    assertThatThrownBy(() -> keys.sending().start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("one stream");
  }

  @Test
  void destroyedKeysStartNoStream() {
    SessionKeys keys = agree(theirs).block();
    keys.destroy();
    assertThat(keys.isDestroyed()).isTrue();
    assertThatThrownBy(() -> keys.receiving().start()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void discardedKeysAreDestroyed() {
    SessionKeys[] seen = new SessionKeys[1];
    agree(theirs)
        .filter(
            keys -> {
              seen[0] = keys;
              return false;
            })
        .as(discarding -> discarding.doOnDiscard(SessionKeys.class, SessionKeys::destroy))
        .block();
    assertThat(seen[0].isDestroyed()).isTrue();
  }

  @Test
  void nothingPrintsASecret() {
    assertThat(ours.toString()).contains("***");
    SessionKeys keys = agree(theirs).block();
    assertThat(keys.toString()).isEqualTo("SessionKeys[***]");
    assertThat(keys.sending().toString()).isEqualTo("DirectionKeys[***]");
    assertThat(keys.sending().start().toString()).isEqualTo("StreamCipher[***]");
  }

  private Mono<SessionKeys> agree(byte[] key) {
    return Mono.just(key).transform(KeyAgreement.agree(ours, CURVE));
  }
}
