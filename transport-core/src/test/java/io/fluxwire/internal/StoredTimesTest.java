package io.fluxwire.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class StoredTimesTest {

  private static final int PACKETS = 20_000;

  private final StoredTimes times = new StoredTimes(0);

  /** When each packet was stored. */
  private final long[] exact = new long[PACKETS];

  private int first;
  private int next;
  private long now;

  /** The longest time between the oldest and the newest packet since there was none. */
  private long longest;

  private void store(int packets, long nanosLater) {
    now += nanosLater;
    times.stored(next, now);
    for (int i = 0; i < packets; i++) {
      exact[next++] = now;
    }
    longest = Math.max(longest, now - exact[first]);
  }

  private void done(int packets) {
    first += packets;
    if (first == next) {
      times.clear();
      longest = 0;
      return;
    }
    times.done(first);
    long tooGreat = exact[first] - times.oldest();
    assertThat(tooGreat).isBetween(0L, Math.max(StoredTimes.MIN_SPACING, longest / 15));
  }

  @Test
  void theOldestIsExactAsLongAsNothingIsAcknowledged() {
    for (int i = 0; i < PACKETS; i++) {
      store(1, 7_000_000);
      done(0);
      assertThat(times.oldest()).isEqualTo(7_000_000);
    }
  }

  @Test
  void agesAreNeverTooSmallAndHardlyTooGreatWhenAcknowledgementsCome() {
    for (int i = 0; i < PACKETS; i++) {
      store(1, 7_000_000);
    }
    for (int i = 0; i < PACKETS; i++) {
      done(1);
    }
  }

  @Test
  void thatHoldsInAnyOrder() {
    Random random = new Random(5);
    while (next < PACKETS - 100) {
      boolean stores = random.nextInt(100) < (next / 1000 % 2 == 0 ? 60 : 40);
      if (stores) {
        // Mostly one close after the other, and now and then none for long.
        long pause = random.nextInt(50) == 0 ? 4_000_000_000L : 40_000_000;
        store(1 + random.nextInt(10), random.nextLong(pause));
      } else if (first < next) {
        done(random.nextInt(Math.min(next - first, 12)) + 1);
      }
    }
    done(next - first);
  }

  @Test
  void anAgeIsThatOfTheOldestThatIsKept() {
    StoredTimes kept = new StoredTimes(7);
    assertThat(kept.age(50)).isZero();
    kept.kept(7, 9, 100_000_000);
    kept.kept(7, 10, 300_000_000);
    assertThat(kept.age(400_000_000)).isEqualTo(300_000_000);
    kept.kept(9, 10, 500_000_000);
    assertThat(kept.age(500_000_000)).isEqualTo(200_000_000);
    kept.kept(10, 10, 600_000_000);
    assertThat(kept.age(700_000_000)).isZero();
  }
}
