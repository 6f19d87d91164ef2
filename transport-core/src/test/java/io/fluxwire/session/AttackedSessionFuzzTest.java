package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.testing.MemoryLink.Direction;
import io.fluxwire.testing.Middle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Two nodes and someone between them who does anything with what they send, unit by unit, byte by
 * byte. {@link AttackedPair} checks what has to hold all the same.
 */
class AttackedSessionFuzzTest {

  private static final int PACKETS = 4;

  @FuzzTest
  void attack(FuzzedDataProvider data) {
    attack(Dialect.VERSION_3, data);
  }

  static void attack(Dialect dialect, FuzzedDataProvider data) {
    Tricks tricks = new Tricks(data);
    AttackedPair pair =
        new AttackedPair(dialect, PACKETS, 16 + data.consumeInt(0, 48), tricks).run();
    if (tricks.done == 0) {
      assertThat(pair.delivered(Direction.FORTH)).isEqualTo(PACKETS);
      assertThat(pair.delivered(Direction.BACK)).isEqualTo(PACKETS);
    }
  }

  private static final class Tricks implements Middle.Attack {

    private final FuzzedDataProvider data;
    private final Map<Direction, List<byte[]>> seen = new EnumMap<>(Direction.class);
    private int done;

    Tricks(FuzzedDataProvider data) {
      this.data = data;
      for (Direction direction : Direction.values()) {
        seen.put(direction, new ArrayList<>());
      }
    }

    @Override
    public void unit(Direction towards, int place, byte[] unit, Middle middle) {
      seen.get(towards).add(unit);
      // Most units go through, or no session would get far.
      int trick = data.consumeInt(0, 31);
      if (trick > 8 || data.remainingBytes() == 0) {
        middle.send(towards, unit);
        return;
      }
      done++;
      switch (trick) {
        case 0 -> {}
        case 1 -> middle.send(towards.opposite(), unit);
        case 2 -> {
          middle.send(towards, unit);
          middle.send(towards, any(towards));
        }
        case 3 -> {
          middle.send(towards, any(towards.opposite()));
          middle.send(towards, unit);
        }
        case 4 -> {
          middle.send(towards, Arrays.copyOf(unit, data.consumeInt(0, unit.length)));
          middle.end(towards);
        }
        case 5 -> {
          byte[] flipped = unit.clone();
          flipped[data.consumeInt(0, unit.length - 1)] ^= (byte) (1 << data.consumeInt(0, 7));
          middle.send(towards, flipped);
        }
        case 6 -> {
          middle.send(towards, data.consumeBytes(80));
          middle.send(towards, unit);
        }
        case 7 -> middle.reset();
        default -> middle.silence();
      }
    }

    private byte[] any(Direction direction) {
      List<byte[]> units = seen.get(direction);
      return units.isEmpty() ? new byte[1] : units.get(data.consumeInt(0, units.size() - 1));
    }
  }
}
