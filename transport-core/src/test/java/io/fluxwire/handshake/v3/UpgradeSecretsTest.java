package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.Kem;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import java.security.SecureRandom;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever comes of a run, its decapsulation key is gone (protocol.md section 9.2). */
class UpgradeSecretsTest {

  private final UpgradeFixture acceptor =
      new UpgradeFixture(Role.ACCEPTOR, UpgradePolicy.allowed().postQuantum(Mode.REQUIRED));
  private final byte[] heard = Objects.requireNonNull(acceptor.peer.next());

  @AfterEach
  void theKeyIsGone() {
    assertThat(acceptor.kem.isDestroyed()).isTrue();
  }

  private void answer(byte @Nullable [] field) {
    // It is what the offer was made with, and there until it is settled.
    assertThat(acceptor.kem.isDestroyed()).isFalse();
    acceptor.peer.say(acceptor.peer.proof(field));
  }

  @Test
  void onceBothHaveTheirKeys() {
    byte[] key = UpgradeField.parse(UpgradeField.in(heard)).kem();
    Kem.Encapsulation made = Kem.encapsulate(key, new SecureRandom());
    answer(new UpgradeChoice(Aead.AES_128_GCM, made.ciphertext(), 0).toBytes());
    acceptor.secured().destroy();
  }

  @Test
  void onceAChoiceWithoutCiphertextIsRefused() {
    answer(new byte[] {8, 1});
    assertThat(acceptor.isOver()).isTrue();
    acceptor.voice();
  }

  @Test
  void onceAChoiceIsRefused() {
    answer(new byte[] {8});
    assertThat(acceptor.isOver()).isTrue();
    acceptor.voice();
  }

  @Test
  void onceVersion3IsRefused() {
    answer(null);
    assertThat(acceptor.isOver()).isTrue();
    acceptor.voice();
  }

  @Test
  void onceItIsCancelledOrTooLate() {
    acceptor.cancel();
    acceptor.voice();
  }
}
