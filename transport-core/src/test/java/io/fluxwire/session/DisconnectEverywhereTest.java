package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.Reason;
import io.fluxwire.testing.Middle;
import io.fluxwire.testing.Middle.Direction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The connection breaks before, inside and after every write of the handshake and of the first
 * hundred packets, in either direction. {@link AttackedPair} checks that nothing leaks and that
 * there is one end; here it is the right one.
 */
class DisconnectEverywhereTest {

  private static final int PACKETS = 100;
  private static final int SIZE = 16;
  private static final int AUTHENTICATE = 40 + 128;
  private static final int FRAME = 40 + SIZE;

  private enum Break {
    RESET,
    END,
    SILENCE
  }

  @TestFactory
  List<DynamicTest> everyPlace() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Break how : Break.values()) {
      for (Direction direction : Direction.values()) {
        tests.add(
            DynamicTest.dynamicTest(
                how + " " + direction,
                () -> {
                  for (int at : places()) {
                    breakOff(how, direction, at);
                  }
                }));
      }
    }
    return tests;
  }

  private static List<Integer> places() {
    List<Integer> places = new ArrayList<>();
    int start = 0;
    for (int write = 0; write < PACKETS + 2; write++) {
      int size = write == 0 ? Middle.SESSION_KEY : write == 1 ? AUTHENTICATE : FRAME;
      places.addAll(List.of(start, start + 1, start + size / 2, start + size - 1));
      start += size;
    }
    places.add(start);
    return places;
  }

  private static void breakOff(Break how, Direction direction, int at) {
    AttackedPair pair = new AttackedPair(PACKETS, SIZE, new BreakOff(how, direction, at)).run();

    assertThat(pair.reason(direction))
        .as("%s %s at %d", how, direction, at)
        .isEqualTo(expected(how, at));
    int whole = Math.max(0, at - Middle.SESSION_KEY - AUTHENTICATE) / FRAME;
    if (how == Break.RESET) {
      // What is under way is lost.
      assertThat(pair.delivered(direction)).isLessThanOrEqualTo(whole);
    } else {
      assertThat(pair.delivered(direction)).isEqualTo(whole);
    }
  }

  private static Reason expected(Break how, int at) {
    int inStream = at - Middle.SESSION_KEY - AUTHENTICATE;
    boolean betweenFrames = at <= Middle.SESSION_KEY || (inStream >= 0 && inStream % FRAME == 0);
    return switch (how) {
      case RESET -> Reason.CONNECTION_LOST;
      case END -> betweenFrames ? Reason.CLOSED_BY_PEER : Reason.FRAME_TRUNCATED;
      case SILENCE ->
          inStream < 0
              ? Reason.HANDSHAKE_TIMEOUT
              : betweenFrames ? Reason.IDLE_TIMEOUT : Reason.FRAME_TIMEOUT;
    };
  }

  /** Passes so many bytes on in one direction, then breaks off. */
  private static final class BreakOff implements Middle.Attack {

    private final Break how;
    private final Direction direction;
    private int left;
    private boolean broken;

    BreakOff(Break how, Direction direction, int at) {
      this.how = how;
      this.direction = direction;
      this.left = at;
    }

    @Override
    public void unit(Direction towards, int place, byte[] unit, Middle middle) {
      if (towards != direction) {
        middle.send(towards, unit);
        return;
      }
      if (broken) {
        return;
      }
      middle.send(towards, Arrays.copyOf(unit, Math.min(left, unit.length)));
      left -= unit.length;
      if (left <= 0) {
        broken = true;
        switch (how) {
          case RESET -> middle.reset();
          case END -> middle.end(direction);
          case SILENCE -> middle.silence();
        }
      }
    }
  }
}
