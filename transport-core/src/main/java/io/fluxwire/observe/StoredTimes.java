package io.fluxwire.observe;

/**
 * When packets were stored, by a few samples: packets between two of them count as stored when the
 * earlier one was. So an age is never too small. It is too great by 10 ms at most, or by 1/15 of
 * the longest time between the oldest and the newest packet since there was none. For one thread at
 * a time.
 */
final class StoredTimes {

  static final int SAMPLES = 64;

  /** Nanoseconds: 10 ms. */
  static final long MIN_SPACING = 10_000_000;

  private final long[] numbers = new long[SAMPLES];
  private final long[] times = new long[SAMPLES];
  private int count;
  private long spacing = MIN_SPACING;

  /** Packets from a number on were stored now, in nanoseconds. */
  void stored(long from, long now) {
    if (count == SAMPLES) {
      thin();
    }
    if (count == 0 || now - times[count - 1] >= spacing) {
      numbers[count] = from;
      times[count] = now;
      count++;
    }
  }

  /** Keeps fewer, further apart; the oldest among them. */
  private void thin() {
    while (count == SAMPLES) {
      spacing *= 2;
      count = 1;
      for (int i = 1; i < SAMPLES; i++) {
        if (times[i] - times[count - 1] >= spacing) {
          numbers[count] = numbers[i];
          times[count] = times[i];
          count++;
        }
      }
    }
  }

  /** All packets below a number are done with, and some from it on are not. */
  void done(long first) {
    int gone = 0;
    while (gone + 1 < count && numbers[gone + 1] <= first) {
      gone++;
    }
    if (gone > 0) {
      count -= gone;
      System.arraycopy(numbers, gone, numbers, 0, count);
      System.arraycopy(times, gone, times, 0, count);
      while (spacing > MIN_SPACING && times[count - 1] - times[0] < spacing * (SAMPLES / 4)) {
        spacing /= 2;
      }
    }
  }

  /** All packets are done with. */
  void clear() {
    count = 0;
    spacing = MIN_SPACING;
  }

  /** When the oldest packet that is not done with was stored; there is one. */
  long oldest() {
    return times[0];
  }
}
