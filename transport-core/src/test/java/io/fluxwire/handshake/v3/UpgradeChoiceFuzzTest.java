package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.PeerException;
import io.fluxwire.crypto.Kem;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.proto.Upgrade;

/** Any choice in field 1001: what is read is what protobuf reads, or it is refused by its type. */
class UpgradeChoiceFuzzTest {

  private static final UpgradeOffer OFFER =
      UpgradeOffer.of(UpgradePolicy.allowed(), new byte[Kem.PUBLIC_KEY_SIZE], 1);

  @FuzzTest
  void choice(byte[] field) throws Exception {
    UpgradeChoice choice;
    try {
      choice = UpgradeChoice.parse(field, OFFER);
    } catch (PeerException e) {
      return;
    }
    Upgrade parsed = Upgrade.parseFrom(field);
    assertThat(parsed.getAeadList()).containsExactly(choice.cipher().number());
    assertThat(choice.features()).isEqualTo(parsed.getFeatures());
    assertThat(choice.ciphertext())
        .isEqualTo(parsed.hasKem() ? parsed.getKem().toByteArray() : null);
    UpgradeChoice again = UpgradeChoice.parse(choice.toBytes(), OFFER);
    assertThat(again.toBytes()).isEqualTo(choice.toBytes());
  }
}
