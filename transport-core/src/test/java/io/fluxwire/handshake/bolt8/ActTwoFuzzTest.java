package io.fluxwire.handshake.bolt8;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.Role;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.testing.Bolt8Vectors.Case;
import io.fluxwire.testing.Cuts;
import io.fluxwire.testing.LentBuffers;
import io.fluxwire.testing.StubDuplex;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * The act of an honest acceptor, edited on its way: a dial is made, or refused and says no more.
 */
class ActTwoFuzzTest {

  private static final int ACT = 50;
  private static final int LAST_ACT = 66;

  private static final Set<Reason> REFUSALS =
      EnumSet.of(
          Reason.ACT_TWO_VERSION,
          Reason.ACT_TWO_KEY,
          Reason.ACT_TWO_TAG,
          Reason.ACT_TWO_TRUNCATED,
          Reason.CLOSED_BY_PEER);

  private static final Case HONEST =
      ActsFuzzTest.vector("transport-initiator successful handshake");

  @FuzzTest
  void act(FuzzedDataProvider data) {
    byte[] sent = ActsFuzzTest.input(HONEST);
    byte[] arrives = ActsFuzzTest.edited(data, sent);
    boolean same = ActsFuzzTest.isBegunBy(sent, arrives);
    StubDuplex duplex = new StubDuplex(LentBuffers.resuming(Cuts.of(data, arrives)));
    try {
      ActsFuzzTest.handshake(HONEST)
          .expected(NodeId.of(Objects.requireNonNull(HONEST.remote()).bytes()))
          .over(duplex, Role.DIALER, ReadLimits.NONE, stage -> {})
          .secure()
          .block()
          .destroy();
      assertThat(same).as("taken").isTrue();
      assertThat(duplex.written()).hasSize(ACT + LAST_ACT);
    } catch (PeerException e) {
      assertThat(same).as("refused: %s", e.reason()).isFalse();
      assertThat(e.reason()).isIn(REFUSALS);
      assertThat(duplex.written()).hasSize(ACT);
    }
  }
}
