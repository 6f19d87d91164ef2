package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.identity.NodeKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PeerPingTest {

  private final FakePeer peer =
      new FakePeer(NodeKey.generate().id())
          .session(SessionParameters.upgraded(Aead.AES_128_GCM, false, 0));
  private long now = 1;
  private final PeerPing ping = new PeerPing(peer, () -> now);

  @Test
  void aPeerIsAskedAtMostOnceInAnInterval() {
    ping.askIfDue();
    peer.answer(Duration.ofMillis(2));
    ping.askIfDue();
    now += PeerPing.INTERVAL.toNanos() - 1;
    ping.askIfDue();
    assertThat(peer.pings()).isEqualTo(1);

    now++;
    ping.askIfDue();
    assertThat(peer.pings()).isEqualTo(2);
  }

  @Test
  void whileAnAnswerIsAwaitedThereIsNoOtherQuestion() {
    for (int i = 0; i < 100; i++) {
      ping.askIfDue();
      now += PeerPing.INTERVAL.toNanos();
    }
    assertThat(peer.pings()).isEqualTo(1);

    peer.answer(Duration.ofMillis(2));
    ping.askIfDue();
    assertThat(peer.pings()).isEqualTo(2);
  }

  @Test
  void aPeerOfVersion3IsNotAsked() {
    peer.session(SessionParameters.V3);
    ping.askIfDue();
    assertThat(peer.pings()).isZero();
  }
}
