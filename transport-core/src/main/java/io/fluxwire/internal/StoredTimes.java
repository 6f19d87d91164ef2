package io.fluxwire.internal;

/**
 * When packets were stored, by a few samples: packets between two of them count as stored when the
 * earlier one was. So an age is never too small. It is too great by 10 ms at most, or by 1/15 of
 * the longest time between the oldest and the newest packet since there was none. For one thread at
 * a time, but for {@link #age}.
 */
public final class StoredTimes {

  static final int SAMPLES = 64;

  /** Nanoseconds: 10 ms. */
  static final long MIN_SPACING = 10_000_000;

  private static final long NONE_KEPT = Long.MIN_VALUE;

  private final long[] numbers = new long[SAMPLES];
  private final long[] times = new long[SAMPLES];
  private int count;
  private long spacing = MIN_SPACING;
  private long next;

  /** When the oldest packet was stored that is kept. */
  private volatile long oldest = NONE_KEPT;

  /**
   * Nothing is kept so far.
   *
   * @param next the number of the next packet to store
   */
  public StoredTimes(long next) {
    this.next = next;
  }

  /**
   * Says what is kept now: packets that were not before were stored just now.
   *
   * @param keptFrom the number of the first packet that is kept
   * @param keptTo the number of the next packet to store
   * @param now the moment, in nanoseconds
   */
  public void kept(long keptFrom, long keptTo, long now) {
    if (keptTo > next) {
      stored(next, now);
    }
    next = keptTo;
    if (keptFrom == keptTo) {
      clear();
      oldest = NONE_KEPT;
    } else {
      done(keptFrom);
      oldest = oldest();
    }
  }

  /**
   * For how long the oldest packet has been kept. Any thread may ask.
   *
   * @param now the moment, in nanoseconds
   * @return nanoseconds; 0 if nothing is kept
   */
  public long age(long now) {
    long since = oldest;
    return since == NONE_KEPT ? 0 : now - since;
  }

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
