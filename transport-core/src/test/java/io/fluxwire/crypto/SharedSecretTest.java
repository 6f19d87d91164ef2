package io.fluxwire.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SharedSecretTest {

  private static final Secp256k1 CURVE = Secp256k1.preferred();

  private final SessionKeyPair ours = SessionKeyPair.generate(CURVE, new SecureRandom());
  private final SharedSecret secret =
      SharedSecret.agree(
          CURVE, ours, SessionKeyPair.generate(CURVE, new SecureRandom()).publicKey());

  @Test
  void theSessionSecretIsGoneOnceBothAgree() {
    assertThat(ours.isDestroyed()).isTrue();
    assertThat(secret.isDestroyed()).isFalse();
  }

  @Test
  void itIsWipedOnceItIsUsed() {
    AtomicReference<byte[]> seen = new AtomicReference<>();
    byte[] copy =
        secret.use(
            bytes -> {
              seen.set(bytes);
              return bytes.clone();
            });
    assertThat(copy).isNotEqualTo(new byte[32]);
    assertThat(seen.get()).isEqualTo(new byte[32]);
    assertThat(secret.isDestroyed()).isTrue();
    assertThatIllegalStateException().isThrownBy(() -> secret.use(bytes -> bytes));
    assertThatIllegalStateException().isThrownBy(secret::sessionKeys);
  }

  @Test
  void itIsWipedWhateverItsUseThrows() {
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                secret.use(
                    bytes -> {
                      throw new IllegalStateException("of the derivation");
                    }));
    assertThat(secret.isDestroyed()).isTrue();
  }

  @Test
  void versionThreesKeysLeaveIt() {
    secret.sessionKeys().destroy();
    assertThat(secret.isDestroyed()).isFalse();
    secret.destroy();
    assertThatIllegalStateException().isThrownBy(secret::sessionKeys);
  }
}
