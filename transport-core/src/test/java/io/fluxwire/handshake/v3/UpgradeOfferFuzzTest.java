package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.PeerException;
import io.fluxwire.proto.Upgrade;

/** Any offer in field 1001: what is read is what protobuf reads, or it is refused by its type. */
class UpgradeOfferFuzzTest {

  @FuzzTest
  void offer(byte[] field) throws Exception {
    UpgradeOffer offer;
    try {
      offer = UpgradeOffer.parse(field);
    } catch (PeerException e) {
      return;
    }
    Upgrade parsed = Upgrade.parseFrom(field);
    if (offer == null) {
      return;
    }
    assertThat(parsed.getAeadList())
        .containsAll(offer.ciphers().stream().map(cipher -> cipher.number()).toList());
    assertThat(offer.features()).isEqualTo(parsed.getFeatures());
    assertThat(offer.kemKey()).isEqualTo(parsed.hasKem() ? parsed.getKem().toByteArray() : null);
  }
}
