package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.Reason;
import io.fluxwire.testing.MemoryLink.Break;
import io.fluxwire.testing.MemoryLink.Direction;
import io.fluxwire.testing.Middle;
import java.util.ArrayList;
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
    AttackedPair pair =
        new AttackedPair(PACKETS, SIZE, link -> link.breakAfter(direction, at, how)).run();

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
}
