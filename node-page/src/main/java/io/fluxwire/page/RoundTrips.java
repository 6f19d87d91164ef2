package io.fluxwire.page;

import io.fluxwire.page.Snapshot.Percentiles;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/**
 * Round trips: those that the application measures, or, while there is none of these, the pings of
 * sessions. They are not mixed: an application's may take its work into account. Thread-safe.
 */
final class RoundTrips {

  private static final long HOUR = 3_600_000_000_000L;

  private final Interval measured = new Interval();
  private final Interval pings = new Interval();
  private volatile boolean application;

  /** Times since they were asked for last. */
  private static final class Interval {

    private final Recorder recorder = new Recorder(HOUR, 2);
    private @Nullable Histogram last;

    @Nullable Percentiles take() {
      Histogram nanos = recorder.getIntervalHistogram(last);
      last = nanos;
      return nanos.getTotalCount() == 0
          ? null
          : new Percentiles(
              nanos.getTotalCount(),
              nanos.getValueAtPercentile(50) / 1e6,
              nanos.getValueAtPercentile(99) / 1e6,
              nanos.getMaxValue() / 1e6);
    }
  }

  void measured(long nanos) {
    application = true;
    measured.recorder.recordValue(within(nanos));
  }

  void pinged(long nanos) {
    pings.recorder.recordValue(within(nanos));
  }

  private static long within(long nanos) {
    return Math.min(Math.max(nanos, 0), HOUR);
  }

  /** Those since the last call; null without any. */
  synchronized @Nullable Percentiles take() {
    Percentiles ofPings = pings.take();
    Percentiles ofApplication = measured.take();
    return application ? ofApplication : ofPings;
  }
}
