package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.Reason;
import io.fluxwire.testing.MemoryLink.Direction;
import io.fluxwire.testing.Middle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Someone in the middle does one thing to one unit, at each place of the handshake and the stream.
 * {@link AttackedPair} checks that nothing is delivered that was not sent, in its order, that there
 * is one end, and that nothing leaks; here it is the right end.
 */
class AttackTest {

  private static final int PACKETS = 8;
  private static final int SIZE = 48;
  private static final int UNITS = PACKETS + 2;

  /** What random bytes are taken for, in the place of a session key. */
  private static final Set<Reason> ANY_KEY =
      Set.of(
          Reason.SESSION_KEY_PREFIX,
          Reason.SESSION_KEY_NOT_ON_CURVE,
          Reason.PAYLOAD_TOO_LARGE,
          Reason.HANDSHAKE_TIMEOUT);

  /** By END, without a word, or before READY. */
  private static final Set<Reason> HUNG_UP_ON_UPGRADED =
      Set.of(Reason.PEER_ERROR, Reason.CONNECTION_LOST, Reason.CLOSED_BEFORE_READY);

  private enum Trick {
    DROP,
    REPLAY,
    REORDER,
    REFLECT,
    TRUNCATE,
    FLIP_FIRST,
    FLIP_MIDDLE,
    FLIP_LAST,
    FLIP_LENGTH,
    SPLICE,
    INSERT
  }

  @TestFactory
  List<DynamicTest> everyTrickAtEveryPlace() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Dialect dialect : Dialect.values()) {
      for (Trick trick : Trick.values()) {
        for (Direction direction : Direction.values()) {
          for (int place = 0; place < firstPacket(dialect, direction) + PACKETS; place++) {
            int at = place;
            tests.add(
                DynamicTest.dynamicTest(
                    dialect + " " + trick + " " + direction + " " + at,
                    () -> attack(dialect, trick, direction, at)));
          }
        }
      }
    }
    return tests;
  }

  /** The unit with the first packet; READY comes before it. */
  private static int firstPacket(Dialect dialect, Direction direction) {
    boolean back = direction == Direction.BACK;
    return switch (dialect) {
      case VERSION_3 -> 2;
      case UPGRADED -> back ? 3 : 2;
      case BOLT_8 -> back ? 1 : 2;
    };
  }

  private static void attack(Dialect dialect, Trick trick, Direction direction, int at) {
    Tricks attack = new Tricks(trick, direction, at);
    if (trick == Trick.SPLICE) {
      new AttackedPair(dialect, PACKETS, SIZE, attack.other).run();
    }
    AttackedPair pair = new AttackedPair(dialect, PACKETS, SIZE, attack).run();

    List<Reason> reasons = List.of(pair.reason(Direction.FORTH), pair.reason(Direction.BACK));
    Set<Reason> noticed = expected(dialect, trick, direction, at);
    Set<Reason> hungUpOn =
        dialect == Dialect.UPGRADED ? HUNG_UP_ON_UPGRADED : Set.of(Reason.CONNECTION_LOST);
    assertThat(reasons).as("one side notices").anyMatch(noticed::contains);
    assertThat(reasons)
        .as("the other one is hung up on")
        .allMatch(reason -> noticed.contains(reason) || hungUpOn.contains(reason));
    int before = at - firstPacket(dialect, direction) + (trick == Trick.REPLAY ? 1 : 0);
    assertThat(pair.delivered(direction))
        .isEqualTo(at < firstPacket(dialect, direction) ? 0 : Math.max(0, before));
  }

  @TestFactory
  List<DynamicTest> aCutBetweenTwoRecordsIsATruncationOnBothSides() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      int first = firstPacket(Dialect.UPGRADED, direction);
      for (int place = first; place < first + PACKETS; place++) {
        int at = place;
        tests.add(
            DynamicTest.dynamicTest(
                "behind " + direction + " " + at, () -> cutBehind(direction, at)));
      }
    }
    return tests;
  }

  private static void cutBehind(Direction direction, int at) {
    AttackedPair pair =
        new AttackedPair(
                Dialect.UPGRADED,
                PACKETS,
                SIZE,
                (towards, place, unit, middle) -> {
                  middle.send(towards, unit);
                  if (towards == direction && place == at) {
                    middle.end(Direction.FORTH);
                    middle.end(Direction.BACK);
                  }
                })
            .run();

    assertThat(pair.reason(Direction.FORTH)).isEqualTo(Reason.STREAM_TRUNCATED);
    assertThat(pair.reason(Direction.BACK)).isEqualTo(Reason.STREAM_TRUNCATED);
    assertThat(pair.delivered(direction))
        .isEqualTo(at + 1 - firstPacket(Dialect.UPGRADED, direction));
  }

  private static Set<Reason> expected(Dialect dialect, Trick trick, Direction direction, int at) {
    if (dialect == Dialect.BOLT_8) {
      return expectedOfBolt8(trick, direction, at);
    }
    boolean upgraded = dialect == Dialect.UPGRADED;
    return switch (at) {
      case 0 -> expectedOfSessionKey(trick, direction);
      case 1 -> upgraded ? expectedOfOffer(trick, direction) : expectedOfProof(trick, direction);
      default -> upgraded ? expectedOfRecord(trick, direction, at) : expectedOfPacket(trick, at);
    };
  }

  private static Set<Reason> expectedOfBolt8(Trick trick, Direction direction, int at) {
    if (at >= firstPacket(Dialect.BOLT_8, direction)) {
      boolean last = at == firstPacket(Dialect.BOLT_8, direction) + PACKETS - 1;
      return switch (trick) {
        // Of the end nothing is authenticated: BOLT 8 cannot tell this from a quiet peer.
        case DROP, REORDER -> Set.of(last ? Reason.IDLE_TIMEOUT : Reason.TAG_MISMATCH);
        case TRUNCATE -> Set.of(Reason.FRAME_TRUNCATED);
        default -> Set.of(Reason.TAG_MISMATCH);
      };
    }
    if (at == 1) {
      return expectedOfActThree(trick);
    }
    return direction == Direction.FORTH ? expectedOfActOne(trick) : expectedOfActTwo(trick);
  }

  private static Set<Reason> expectedOfActOne(Trick trick) {
    return switch (trick) {
      case DROP, REORDER -> Set.of(Reason.HANDSHAKE_TIMEOUT);
      case REFLECT -> Set.of(Reason.ACT_TWO_TAG);
      // What follows the answer is taken for act three.
      case REPLAY -> Set.of(Reason.ACT_THREE_TAG);
      case TRUNCATE -> Set.of(Reason.ACT_ONE_TRUNCATED);
      case INSERT -> Set.of(Reason.ACT_ONE_KEY);
      case FLIP_FIRST -> Set.of(Reason.ACT_ONE_VERSION);
      case FLIP_MIDDLE, FLIP_LENGTH -> Set.of(Reason.ACT_ONE_KEY, Reason.ACT_ONE_TAG);
      case FLIP_LAST, SPLICE -> Set.of(Reason.ACT_ONE_TAG);
    };
  }

  private static Set<Reason> expectedOfActTwo(Trick trick) {
    return switch (trick) {
      // Reflected, it is less than an act three.
      case DROP, REORDER, REFLECT -> Set.of(Reason.HANDSHAKE_TIMEOUT);
      case REPLAY -> Set.of(Reason.TAG_MISMATCH);
      case TRUNCATE -> Set.of(Reason.ACT_TWO_TRUNCATED);
      case INSERT -> Set.of(Reason.ACT_TWO_KEY);
      case FLIP_FIRST -> Set.of(Reason.ACT_TWO_VERSION);
      case FLIP_MIDDLE, FLIP_LENGTH -> Set.of(Reason.ACT_TWO_KEY, Reason.ACT_TWO_TAG);
      case FLIP_LAST, SPLICE -> Set.of(Reason.ACT_TWO_TAG);
    };
  }

  private static Set<Reason> expectedOfActThree(Trick trick) {
    // A record begins with any byte.
    Set<Reason> aRecord = Set.of(Reason.ACT_THREE_VERSION, Reason.ACT_THREE_TAG);
    return switch (trick) {
      case DROP, REORDER -> aRecord;
      case REFLECT -> Set.of(Reason.TAG_MISMATCH, Reason.ACT_THREE_VERSION, Reason.ACT_THREE_TAG);
      case REPLAY -> Set.of(Reason.TAG_MISMATCH);
      case TRUNCATE -> Set.of(Reason.ACT_THREE_TRUNCATED);
      case FLIP_FIRST -> Set.of(Reason.ACT_THREE_VERSION);
      case INSERT, FLIP_MIDDLE, FLIP_LAST, FLIP_LENGTH, SPLICE -> Set.of(Reason.ACT_THREE_TAG);
    };
  }

  private static Set<Reason> expectedOfSessionKey(Trick trick, Direction direction) {
    return switch (trick) {
      // Back, the frame that follows is taken for the key.
      case DROP, REORDER ->
          direction == Direction.FORTH ? Set.of(Reason.HANDSHAKE_TIMEOUT) : ANY_KEY;
      case REFLECT -> direction == Direction.FORTH ? Set.of(Reason.SESSION_KEY_REFLECTED) : ANY_KEY;
      case REPLAY -> Set.of(Reason.PAYLOAD_TOO_LARGE);
      case TRUNCATE -> Set.of(Reason.CLOSED_BY_PEER);
      case INSERT -> Set.of(Reason.SESSION_KEY_PREFIX);
      // The other point of the same x; the key of another session.
      case FLIP_FIRST, SPLICE -> Set.of(Reason.MAC_MISMATCH);
      case FLIP_MIDDLE, FLIP_LAST, FLIP_LENGTH ->
          Set.of(Reason.SESSION_KEY_NOT_ON_CURVE, Reason.MAC_MISMATCH);
    };
  }

  private static Set<Reason> expectedOfProof(Trick trick, Direction direction) {
    return switch (trick) {
      // Back, nothing follows until the other one has proven itself too.
      case DROP, REORDER ->
          Set.of(direction == Direction.FORTH ? Reason.MAC_MISMATCH : Reason.HANDSHAKE_TIMEOUT);
      case TRUNCATE -> Set.of(Reason.FRAME_TRUNCATED);
      default -> Set.of(Reason.MAC_MISMATCH);
    };
  }

  /** Of an authenticate with the offer or the choice of an upgrade. */
  private static Set<Reason> expectedOfOffer(Trick trick, Direction direction) {
    boolean choice = direction == Direction.FORTH;
    return switch (trick) {
      // A dialer that has switched tells it in a record, which the other one cannot read.
      case DROP, REORDER ->
          choice
              ? Set.of(Reason.HANDSHAKE_TIMEOUT, Reason.PAYLOAD_TOO_LARGE)
              : Set.of(Reason.HANDSHAKE_TIMEOUT);
      case REFLECT ->
          choice
              ? Set.of(Reason.TAG_MISMATCH, Reason.PAYLOAD_TOO_LARGE)
              : Set.of(Reason.MAC_MISMATCH);
      case REPLAY -> Set.of(Reason.TAG_MISMATCH);
      case TRUNCATE -> Set.of(Reason.FRAME_TRUNCATED);
      // More than there is, or less.
      case FLIP_LENGTH -> Set.of(Reason.MAC_MISMATCH, Reason.HANDSHAKE_TIMEOUT);
      default -> Set.of(Reason.MAC_MISMATCH);
    };
  }

  private static Set<Reason> expectedOfRecord(Trick trick, Direction direction, int at) {
    boolean last = at == firstPacket(Dialect.UPGRADED, direction) + PACKETS - 1;
    return switch (trick) {
      // The END that follows is out of order too.
      case DROP, REORDER ->
          last ? Set.of(Reason.TAG_MISMATCH, Reason.IDLE_TIMEOUT) : Set.of(Reason.TAG_MISMATCH);
      case TRUNCATE ->
          Set.of(
              direction == Direction.BACK && at == 2
                  ? Reason.CLOSED_BEFORE_READY
                  : Reason.STREAM_TRUNCATED);
      default -> Set.of(Reason.TAG_MISMATCH);
    };
  }

  private static Set<Reason> expectedOfPacket(Trick trick, int at) {
    int after = UNITS - 1 - at;
    return switch (trick) {
      // Of the end nothing is authenticated: version 3 cannot tell this from a quiet peer.
      case DROP ->
          Set.of(
              after == 0
                  ? Reason.IDLE_TIMEOUT
                  : after == 1 ? Reason.FRAME_TIMEOUT : Reason.MAC_MISMATCH);
      case REORDER -> Set.of(after == 0 ? Reason.IDLE_TIMEOUT : Reason.MAC_MISMATCH);
      case FLIP_LENGTH -> Set.of(after == 0 ? Reason.FRAME_TIMEOUT : Reason.MAC_MISMATCH);
      case TRUNCATE -> Set.of(Reason.FRAME_TRUNCATED);
      case INSERT -> Set.of(Reason.TOTLEN_BACKWARDS);
      // Either the reflected unit is seen first or the gap that it left.
      case REFLECT ->
          Set.of(
              Reason.TOTLEN_BACKWARDS,
              Reason.MAC_MISMATCH,
              Reason.FRAME_TIMEOUT,
              Reason.IDLE_TIMEOUT);
      case REPLAY, FLIP_FIRST, FLIP_MIDDLE, FLIP_LAST, SPLICE -> Set.of(Reason.MAC_MISMATCH);
    };
  }

  /** What another session between the two sent, unit by unit. */
  private static final class Recorder implements Middle.Attack {

    private final Map<Direction, List<byte[]>> units = new EnumMap<>(Direction.class);

    @Override
    public void unit(Direction towards, int place, byte[] unit, Middle middle) {
      units.computeIfAbsent(towards, direction -> new ArrayList<>()).add(unit);
      middle.send(towards, unit);
    }
  }

  private static final class Tricks implements Middle.Attack {

    private final Trick trick;
    private final Direction direction;
    private final int at;
    private final Recorder other = new Recorder();
    private byte[] held = new byte[0];

    Tricks(Trick trick, Direction direction, int at) {
      this.trick = trick;
      this.direction = direction;
      this.at = at;
    }

    @Override
    public void unit(Direction towards, int place, byte[] unit, Middle middle) {
      if (towards != direction || place != at) {
        middle.send(towards, unit);
        if (towards == direction && held.length > 0) {
          middle.send(towards, held);
          held = new byte[0];
        }
        return;
      }
      switch (trick) {
        case DROP -> {}
        case REPLAY -> {
          middle.send(towards, unit);
          middle.send(towards, unit);
        }
        case REORDER -> held = unit;
        case REFLECT -> middle.send(towards.opposite(), unit);
        case TRUNCATE -> {
          middle.send(towards, Arrays.copyOf(unit, unit.length / 2));
          middle.end(towards);
        }
        case FLIP_FIRST -> middle.send(towards, flipped(unit, 0));
        case FLIP_MIDDLE -> middle.send(towards, flipped(unit, unit.length / 2));
        case FLIP_LAST -> middle.send(towards, flipped(unit, unit.length - 1));
        case FLIP_LENGTH -> middle.send(towards, flipped(unit, 32));
        case SPLICE -> middle.send(towards, other.units.get(direction).get(at));
        case INSERT -> {
          middle.send(towards, new byte[40]);
          middle.send(towards, unit);
        }
      }
    }

    private static byte[] flipped(byte[] unit, int place) {
      byte[] copy = unit.clone();
      copy[place] ^= 1;
      return copy;
    }
  }
}
