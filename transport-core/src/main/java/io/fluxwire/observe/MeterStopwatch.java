package io.fluxwire.observe;

import io.fluxwire.observe.dial.AddressFamily;
import io.fluxwire.observe.dial.DialStage;
import io.fluxwire.observe.dial.Outcome;
import io.fluxwire.observe.dial.Stopwatch;
import java.util.concurrent.atomic.AtomicBoolean;

/** Times one stage of a dial in a timer of its registry's. */
final class MeterStopwatch implements Stopwatch {

  private final Meters meters;
  private final DialStage stage;
  private final AddressFamily family;
  private final long start;
  private final AtomicBoolean stopped = new AtomicBoolean();

  MeterStopwatch(Meters meters, DialStage stage, AddressFamily family) {
    this.meters = meters;
    this.stage = stage;
    this.family = family;
    this.start = meters.now();
  }

  @Override
  public void stop(Outcome outcome) {
    if (stopped.compareAndSet(false, true)) {
      meters.time(start, FluxwireMeters.DIAL_TIME, stage, outcome, family);
    }
  }
}
