package io.fluxwire.fleet;

import java.util.BitSet;

/**
 * Remembers which streams of one sender have been opened, so that a message that an engine repeats
 * does not open a stream twice. Numbers far below the greatest one are forgotten, and count as
 * opened. Thread-safe.
 */
final class ReplayWindow {

  private static final int SIZE = 8192;

  private final BitSet opened = new BitSet(SIZE);
  private long greatest;

  /** Marks the stream as opened; true if it was not opened before. */
  synchronized boolean isFirst(long number) {
    if (number <= 0 || number <= greatest - SIZE) {
      return false;
    }
    if (number > greatest) {
      if (number - greatest >= SIZE) {
        opened.clear();
      } else {
        for (long passed = greatest + 1; passed <= number; passed++) {
          opened.clear(index(passed));
        }
      }
      greatest = number;
    }
    if (opened.get(index(number))) {
      return false;
    }
    opened.set(index(number));
    return true;
  }

  private static int index(long number) {
    return (int) (number % SIZE);
  }
}
