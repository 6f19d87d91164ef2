package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.Reason;
import io.fluxwire.testing.MemoryLink.Break;
import io.fluxwire.testing.MemoryLink.Direction;
import io.fluxwire.testing.Middle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * As {@link DisconnectEverywhereTest}, where records say when a direction ends: whoever cuts a
 * stream, between two records too, is found out.
 */
class DisconnectWithControlsTest {

  private static final int PACKETS = 20;
  private static final int SIZE = 16;

  /** The bytes of a direction before its records. */
  private static final int HANDSHAKE = Middle.SESSION_KEY + 40 + 128;

  private static final int READY = 2 + 16 + 2 + 16;

  @ParameterizedTest
  @EnumSource(Direction.class)
  void noCutIsTakenForAnOrderlyEnd(Direction direction) {
    for (int at = HANDSHAKE; at < HANDSHAKE + 5 * READY; at++) {
      AttackedPair pair = broken(direction, at, Break.END);
      assertThat(pair.reason(direction)).as("at %d", at).isEqualTo(expected(direction, at));
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void aResetIsALossWhereverItComes(Direction direction) {
    for (int at = HANDSHAKE; at < HANDSHAKE + 5 * READY; at += 7) {
      AttackedPair pair = broken(direction, at, Break.RESET);
      assertThat(pair.reason(direction)).as("at %d", at).isEqualTo(Reason.CONNECTION_LOST);
    }
  }

  private static AttackedPair broken(Direction direction, int at, Break how) {
    return new AttackedPair(PACKETS, SIZE, link -> link.breakAfter(direction, at, how))
        .withHandshake(ControlledHandshake::aead)
        .run();
  }

  private static Reason expected(Direction direction, int at) {
    return direction == Direction.BACK && at < HANDSHAKE + READY
        ? Reason.CLOSED_BEFORE_READY
        : Reason.STREAM_TRUNCATED;
  }
}
