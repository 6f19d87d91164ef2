package io.fluxwire.observe;

import java.util.concurrent.atomic.AtomicBoolean;

/** Times one stage of a dial, until it is stopped for the first time. */
public final class Stopwatch {

  private final Meters meters;
  private final DialStage stage;
  private final AddressFamily family;
  private final long start;
  private final AtomicBoolean stopped = new AtomicBoolean();

  Stopwatch(Meters meters, DialStage stage, AddressFamily family) {
    this.meters = meters;
    this.stage = stage;
    this.family = family;
    this.start = meters.now();
  }

  /**
   * Records the time. Later calls do nothing.
   *
   * @param outcome how the stage ended
   */
  public void stop(Outcome outcome) {
    if (stopped.compareAndSet(false, true)) {
      meters.time(start, FluxwireMeters.DIAL_TIME, stage, outcome, family);
    }
  }
}
