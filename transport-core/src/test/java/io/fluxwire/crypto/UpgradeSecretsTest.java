package io.fluxwire.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.testing.GoldenSessions.Hex;
import io.fluxwire.testing.GoldenUpgrades;
import io.fluxwire.testing.GoldenUpgrades.Keys;
import io.fluxwire.testing.GoldenUpgrades.Upgrade;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UpgradeSecretsTest {

  static List<Upgrade> sessions() {
    return GoldenUpgrades.all();
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void bothSecretsAreTheGoldenOnes(Upgrade golden) {
    UpgradeSecrets secrets = derive(golden);

    assertThat(hex(secrets.dialer().use())).isEqualTo(golden.dialler().secret().digits());
    assertThat(hex(secrets.acceptor().use())).isEqualTo(golden.acceptor().secret().digits());
    assertThat(secrets.isDestroyed()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void keysAndSuccessorsOfASecretAreTheGoldenOnes(Upgrade golden) {
    for (Keys keys : List.of(golden.dialler(), golden.acceptor())) {
      byte[] secret = keys.secret().bytes();
      int keySize = Aead.of(golden.aead()).orElseThrow().keySize();
      assertThat(hex(Hkdf.expand(secret, "key", keySize))).isEqualTo(keys.key().digits());
      assertThat(hex(Hkdf.expand(secret, "iv", 12))).isEqualTo(keys.iv().digits());
      assertThat(hex(Hkdf.expand(secret, "next", 32))).isEqualTo(keys.nextSecret().digits());
    }
  }

  @Test
  void aSecretIsGoodForOneStream() {
    TrafficSecret secret = TrafficSecret.of(new byte[32]);
    secret.use();
    assertThat(secret.isDestroyed()).isTrue();
    assertThatThrownBy(secret::use).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void destroyingWipesBoth() {
    UpgradeSecrets secrets = derive(GoldenUpgrades.all().get(0));
    secrets.destroy();
    assertThatThrownBy(() -> secrets.dialer().use()).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> secrets.acceptor().use()).isInstanceOf(IllegalStateException.class);
  }

  private static UpgradeSecrets derive(Upgrade golden) {
    Hex kem = golden.kemSecret();
    return UpgradeSecrets.derive(
        golden.diallerSessionKey().bytes(),
        golden.acceptorSessionKey().bytes(),
        golden.acceptorAuthenticate().bytes(),
        golden.diallerAuthenticate().bytes(),
        golden.sharedSecret().bytes(),
        kem == null ? null : kem.bytes());
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
