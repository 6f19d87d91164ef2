package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.Reason;
import io.fluxwire.testing.MemoryLink.Break;
import io.fluxwire.testing.MemoryLink.Direction;
import io.fluxwire.testing.Middle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * The connection breaks before, inside and after every write of the handshake and of the first
 * hundred packets, in either direction. {@link AttackedPair} checks that nothing leaks and that
 * there is one end; here it is the right one.
 */
@Tag("slow")
class DisconnectEverywhereTest {

  private static final int PACKETS = 100;
  private static final int SIZE = 16;

  /** Fewer: each is a write of its own, and each handshake makes a KEM pair. */
  private static final int UPGRADED_PACKETS = 20;

  private static final int AUTHENTICATE = 40 + 128;
  private static final int FRAME = 40 + SIZE;

  /** What is written in one direction of an upgraded session, until nothing more is said. */
  private static List<Integer> writes(Direction direction) {
    List<Integer> sizes = new ArrayList<>();
    new AttackedPair(
            Dialect.UPGRADED,
            UPGRADED_PACKETS,
            SIZE,
            (towards, place, unit, middle) -> {
              if (towards == direction) {
                sizes.add(unit.length);
              }
              middle.send(towards, unit);
            })
        .run();
    return sizes.subList(0, firstPacket(direction) + UPGRADED_PACKETS);
  }

  @TestFactory
  List<DynamicTest> everyPlaceUpgraded() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Break how : Break.values()) {
      for (Direction direction : Direction.values()) {
        tests.add(
            DynamicTest.dynamicTest(
                how + " " + direction,
                () -> {
                  int start = 0;
                  int write = 0;
                  for (int size : writes(direction)) {
                    for (int at : List.of(0, 1, size / 2, size - 1)) {
                      breakOffUpgraded(how, direction, write, at, start + at);
                    }
                    start += size;
                    write++;
                  }
                  breakOffUpgraded(how, direction, write, 0, start);
                }));
      }
    }
    return tests;
  }

  private static void breakOffUpgraded(
      Break how, Direction direction, int write, int inWrite, int at) {
    AttackedPair pair =
        new AttackedPair(
                Dialect.UPGRADED,
                UPGRADED_PACKETS,
                SIZE,
                link -> link.breakAfter(direction, at, how))
            .run();

    assertThat(pair.reason(direction))
        .as("%s %s at %d of write %d", how, direction, inWrite, write)
        .isEqualTo(expectedUpgraded(how, direction, write, inWrite));
    int whole = Math.max(0, write - firstPacket(direction));
    if (how == Break.RESET) {
      assertThat(pair.delivered(direction)).isLessThanOrEqualTo(whole);
    } else {
      assertThat(pair.delivered(direction)).isEqualTo(whole);
    }
  }

  /** Behind READY, where the acceptor writes. */
  private static int firstPacket(Direction direction) {
    return direction == Direction.BACK ? 3 : 2;
  }

  private static Reason expectedUpgraded(Break how, Direction direction, int write, int inWrite) {
    boolean handshake = write < 2;
    boolean ready = direction == Direction.BACK && write == 2;
    return switch (how) {
      case RESET -> ready ? Reason.CLOSED_BEFORE_READY : Reason.CONNECTION_LOST;
      case END -> {
        if (ready) {
          yield Reason.CLOSED_BEFORE_READY;
        }
        if (!handshake) {
          yield Reason.STREAM_TRUNCATED;
        }
        yield write == 0 || inWrite == 0 ? Reason.CLOSED_BY_PEER : Reason.FRAME_TRUNCATED;
      }
      case SILENCE -> {
        if (handshake || ready) {
          yield Reason.HANDSHAKE_TIMEOUT;
        }
        yield inWrite == 0 ? Reason.IDLE_TIMEOUT : Reason.FRAME_TIMEOUT;
      }
    };
  }

  /** Act one and act three, or act two, and then records. */
  private static List<Integer> bolt8Writes(Direction direction) {
    List<Integer> sizes =
        new ArrayList<>(direction == Direction.FORTH ? List.of(50, 66) : List.of(50));
    sizes.addAll(Collections.nCopies(UPGRADED_PACKETS, 2 + 16 + SIZE + 16));
    return sizes;
  }

  @TestFactory
  List<DynamicTest> everyPlaceOfBolt8() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Break how : Break.values()) {
      for (Direction direction : Direction.values()) {
        tests.add(
            DynamicTest.dynamicTest(
                how + " " + direction,
                () -> {
                  int start = 0;
                  int write = 0;
                  for (int size : bolt8Writes(direction)) {
                    for (int at : List.of(0, 1, size / 2, size - 1)) {
                      breakOffBolt8(how, direction, write, at, start + at);
                    }
                    start += size;
                    write++;
                  }
                  breakOffBolt8(how, direction, write, 0, start);
                }));
      }
    }
    return tests;
  }

  private static void breakOffBolt8(
      Break how, Direction direction, int write, int inWrite, int at) {
    AttackedPair pair =
        new AttackedPair(
                Dialect.BOLT_8, UPGRADED_PACKETS, SIZE, link -> link.breakAfter(direction, at, how))
            .run();

    assertThat(pair.reason(direction))
        .as("%s %s at %d of write %d", how, direction, inWrite, write)
        .isEqualTo(expectedOfBolt8(how, direction, write, inWrite));
    int whole = Math.max(0, write - (direction == Direction.FORTH ? 2 : 1));
    if (how == Break.RESET) {
      assertThat(pair.delivered(direction)).isLessThanOrEqualTo(whole);
    } else {
      assertThat(pair.delivered(direction)).isEqualTo(whole);
    }
  }

  private static Reason expectedOfBolt8(Break how, Direction direction, int write, int inWrite) {
    boolean handshake = write < (direction == Direction.FORTH ? 2 : 1);
    return switch (how) {
      case RESET -> Reason.CONNECTION_LOST;
      case END -> {
        if (!handshake) {
          yield inWrite == 0 ? Reason.CLOSED_UNAUTHENTICATED : Reason.FRAME_TRUNCATED;
        }
        if (inWrite == 0) {
          yield Reason.CLOSED_BY_PEER;
        }
        yield direction == Direction.BACK
            ? Reason.ACT_TWO_TRUNCATED
            : write == 0 ? Reason.ACT_ONE_TRUNCATED : Reason.ACT_THREE_TRUNCATED;
      }
      case SILENCE -> {
        if (handshake) {
          yield Reason.HANDSHAKE_TIMEOUT;
        }
        yield inWrite == 0 ? Reason.IDLE_TIMEOUT : Reason.FRAME_TIMEOUT;
      }
    };
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
    AttackedPair pair =
        new AttackedPair(
                Dialect.VERSION_3, PACKETS, SIZE, link -> link.breakAfter(direction, at, how))
            .run();

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
