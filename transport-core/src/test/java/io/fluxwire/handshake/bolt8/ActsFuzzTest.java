package io.fluxwire.handshake.bolt8;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.EphemeralKeys;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SecretHolders;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.testing.Bolt8Vectors;
import io.fluxwire.testing.Bolt8Vectors.Case;
import io.fluxwire.testing.Bolt8Vectors.Step;
import io.fluxwire.testing.Cuts;
import io.fluxwire.testing.LentBuffers;
import io.fluxwire.testing.StubDuplex;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import reactor.core.scheduler.Schedulers;

/** The acts of an honest dialer, edited on their way: all of them as they were, or a refusal. */
class ActsFuzzTest {

  private static final Set<Reason> REFUSALS =
      EnumSet.of(
          Reason.ACT_ONE_VERSION,
          Reason.ACT_ONE_KEY,
          Reason.ACT_ONE_TAG,
          Reason.ACT_ONE_TRUNCATED,
          Reason.ACT_THREE_VERSION,
          Reason.ACT_THREE_KEY,
          Reason.ACT_THREE_TAG,
          Reason.ACT_THREE_TRUNCATED,
          Reason.CLOSED_BY_PEER);

  private static final int ACT = 50;

  private static final Case HONEST = vector("transport-responder successful handshake");

  @FuzzTest
  void acts(FuzzedDataProvider data) {
    byte[] sent = input(HONEST);
    byte[] arrives = edited(data, sent);
    boolean same = isBegunBy(sent, arrives);
    StubDuplex duplex = new StubDuplex(LentBuffers.resuming(Cuts.of(data, arrives)));
    try {
      handshake(HONEST)
          .over(duplex, Role.ACCEPTOR, ReadLimits.NONE, stage -> {})
          .secure()
          .block()
          .destroy();
      assertThat(same).as("taken").isTrue();
    } catch (PeerException e) {
      assertThat(same).as("refused: %s", e.reason()).isFalse();
      assertThat(e.reason()).isIn(REFUSALS);
    }
    // Whoever does not know this node's id hears nothing.
    boolean meant = isBegunBy(Arrays.copyOf(sent, ACT), arrives);
    assertThat(duplex.written()).hasSize(meant ? ACT : 0);
  }

  static Case vector(String name) {
    return Bolt8Vectors.handshakes()
        .filter(one -> one.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** What comes in a case, in one piece. */
  static byte[] input(Case vector) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (Step step : vector.steps()) {
      if (step.input() != null) {
        all.writeBytes(step.input().bytes());
      }
    }
    return all.toByteArray();
  }

  static boolean isBegunBy(byte[] first, byte[] bytes) {
    return bytes.length >= first.length
        && Arrays.equals(first, 0, first.length, bytes, 0, first.length);
  }

  /** With the keys of a case. */
  static Bolt8Handshake handshake(Case vector) {
    EphemeralKeys keys = EphemeralKeys.from(Secp256k1::preferred, Schedulers.immediate());
    SecretHolders.give(
        keys.sessions(),
        SessionKeyPair.of(
            Secp256k1.preferred(), Objects.requireNonNull(vector.ephemeralSecret()).bytes()));
    return Bolt8Handshake.of(
        NodeKey.of(Objects.requireNonNull(vector.secret()).bytes()), keys, Schedulers.immediate());
  }

  static byte[] edited(FuzzedDataProvider data, byte[] sent) {
    int at = data.consumeInt(0, sent.length);
    return switch (data.consumeInt(0, 4)) {
      case 0 -> sent;
      case 1 -> Arrays.copyOf(sent, at);
      case 2 -> {
        byte[] flipped = sent.clone();
        if (at < flipped.length) {
          flipped[at] ^= (byte) (1 << data.consumeInt(0, 7));
        }
        yield flipped;
      }
      case 3 -> {
        byte[] longer = Arrays.copyOf(sent, sent.length + at);
        yield longer;
      }
      default -> data.consumeBytes(200);
    };
  }
}
