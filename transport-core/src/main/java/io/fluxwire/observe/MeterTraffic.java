package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.observe.dial.Outcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What one connection carries, in meters.
 *
 * <p>A counter of the application's registry that throws is logged once, and is the last that this
 * connection counts of what its registry keeps.
 */
final class MeterTraffic implements TrafficListener {

  /** A histogram costs ten times what a counter does: it sees one packet in so many. */
  static final int SAMPLED = 16;

  private final Meters meters;
  private final Flow in;
  private final Flow out;
  private final Counter wireIn;
  private final Counter wireOut;
  private final Counter unknown;
  private final Counter demandWaits;
  private final Counter writeStalls;
  private final Timer roundTrip;
  private final LongAdder writeQueue;
  private volatile boolean broken;

  /** The packets of one direction. */
  private static final class Flow {
    private final Counter packets;
    private final Counter payload;
    private final DistributionSummary sizes;
    private int untilSample = 1 + ThreadLocalRandom.current().nextInt(SAMPLED);

    Flow(Meters meters, FluxwireMeters.Flow flow) {
      packets = meters.counter(FluxwireMeters.PACKETS, flow);
      payload = meters.counter(FluxwireMeters.BYTES, flow, FluxwireMeters.Layer.PAYLOAD);
      sizes = meters.sizes(flow);
    }

    void packet(int size) {
      packets.increment();
      payload.increment(size);
      if (--untilSample == 0) {
        untilSample = SAMPLED;
        sizes.record(size);
      }
    }
  }

  MeterTraffic(Meters meters) {
    this.meters = meters;
    in = new Flow(meters, FluxwireMeters.Flow.IN);
    out = new Flow(meters, FluxwireMeters.Flow.OUT);
    wireIn =
        meters.counter(FluxwireMeters.BYTES, FluxwireMeters.Flow.IN, FluxwireMeters.Layer.WIRE);
    wireOut =
        meters.counter(FluxwireMeters.BYTES, FluxwireMeters.Flow.OUT, FluxwireMeters.Layer.WIRE);
    unknown = meters.counter(FluxwireMeters.PACKETS_UNKNOWN);
    demandWaits = meters.counter(FluxwireMeters.DEMAND_WAITS);
    writeStalls = meters.counter(FluxwireMeters.WRITE_STALLS);
    roundTrip = meters.timer(FluxwireMeters.ROUND_TRIP);
    writeQueue = meters.gauge(FluxwireMeters.WRITE_QUEUE);
  }

  /** By hand for each call, since these are made for each packet and buffer. */
  private void broke(Throwable thrown) {
    broken = true;
    Callbacks.report(Meters.REGISTRY, thrown);
  }

  private void add(Counter counter, double amount) {
    if (!broken) {
      try {
        counter.increment(amount);
      } catch (Throwable thrown) {
        broke(thrown);
      }
    }
  }

  private void packet(Flow flow, int payload) {
    if (!broken) {
      try {
        flow.packet(payload);
      } catch (Throwable thrown) {
        broke(thrown);
      }
    }
  }

  @Override
  public void onRead(int bytes) {
    add(wireIn, bytes);
  }

  @Override
  public void onPacketReceived(int bytes) {
    packet(in, bytes);
  }

  @Override
  public void onUnknownPacket() {
    add(unknown, 1);
  }

  @Override
  public void onPacketSent(int bytes) {
    packet(out, bytes);
  }

  @Override
  public void onWrite(int bytes) {
    add(wireOut, bytes);
    writeQueue.add(bytes);
  }

  @Override
  public void onWriteDone(int bytes) {
    writeQueue.add(-bytes);
  }

  @Override
  public void onAwaitingDemand() {
    add(demandWaits, 1);
  }

  @Override
  public void onWriteStalled() {
    add(writeStalls, 1);
  }

  @Override
  public void onRoundTrip(long nanos) {
    if (!broken) {
      try {
        roundTrip.record(nanos, TimeUnit.NANOSECONDS);
      } catch (Throwable thrown) {
        broke(thrown);
      }
    }
  }

  @Override
  public void onRequestEnded(long nanos, Outcome outcome, @Nullable Reason reason) {
    meters.record(nanos, FluxwireMeters.REQUEST_TIME, outcome, reason);
  }
}
