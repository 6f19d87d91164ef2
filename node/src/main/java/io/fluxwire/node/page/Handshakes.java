package io.fluxwire.node.page;

import io.fluxwire.node.page.Snapshot.Percentiles;
import io.fluxwire.observe.FluxwireObservations;
import io.fluxwire.observe.FluxwireObservations.Attribute;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long the latest handshakes took that went well, whoever dialled. From observations: the meter
 * has each stage by itself, and no percentile of a sum follows from those of its parts.
 * Thread-safe.
 */
final class Handshakes implements ObservationHandler<Observation.Context> {

  /** How many it remembers. */
  static final int LATEST = 100;

  private final LongSupplier clock;
  private final Deque<Double> millis = new ArrayDeque<>();

  /**
   * None yet.
   *
   * @param clock nanoseconds
   */
  Handshakes(LongSupplier clock) {
    this.clock = clock;
  }

  @Override
  public boolean supportsContext(Observation.Context context) {
    return FluxwireObservations.HANDSHAKE.getName().equals(context.getName());
  }

  @Override
  public void onStart(Observation.Context context) {
    context.put(Handshakes.class, clock.getAsLong());
  }

  @Override
  public void onStop(Observation.Context context) {
    // Only what failed or was cancelled has a reason.
    if (context.getHighCardinalityKeyValue(Attribute.REASON.asString()) == null) {
      long start = context.<Long>getRequired(Handshakes.class);
      took((clock.getAsLong() - start) / 1e6);
    }
  }

  private synchronized void took(double time) {
    millis.addLast(time);
    if (millis.size() > LATEST) {
      millis.removeFirst();
    }
  }

  /** Of the latest; null without any. */
  synchronized @Nullable Percentiles percentiles() {
    if (millis.isEmpty()) {
      return null;
    }
    List<Double> sorted = millis.stream().sorted().toList();
    return new Percentiles(
        sorted.size(),
        sorted.get((sorted.size() - 1) / 2),
        sorted.get((int) Math.ceil(sorted.size() * 0.99) - 1),
        sorted.get(sorted.size() - 1));
  }
}
