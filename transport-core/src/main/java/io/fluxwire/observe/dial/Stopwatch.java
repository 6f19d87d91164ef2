package io.fluxwire.observe.dial;

/** Times one stage of a dial, until it is stopped for the first time. */
@FunctionalInterface
public interface Stopwatch {

  /** Reads no clock. */
  Stopwatch NONE = outcome -> {};

  /**
   * Records the time. Later calls do nothing.
   *
   * @param outcome how the stage ended
   */
  void stop(Outcome outcome);
}
