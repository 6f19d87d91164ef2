package io.fluxwire.observe;

import io.fluxwire.internal.Callbacks;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what one connection carries. What comes in is told by one thread at a time, and so is what
 * goes out.
 *
 * <p>A counter of the application's registry that throws is logged once, and is the last that this
 * connection counts of what its registry keeps.
 */
public final class Traffic {

  /** A histogram costs ten times what a counter does: it sees one packet in so many. */
  static final int SAMPLED = 16;

  private final Flow in;
  private final Flow out;
  private final Counter wireIn;
  private final Counter wireOut;
  private final Counter unknown;
  private final Counter demandWaits;
  private final Counter writeStalls;
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

  Traffic(Meters meters) {
    in = new Flow(meters, FluxwireMeters.Flow.IN);
    out = new Flow(meters, FluxwireMeters.Flow.OUT);
    wireIn =
        meters.counter(FluxwireMeters.BYTES, FluxwireMeters.Flow.IN, FluxwireMeters.Layer.WIRE);
    wireOut =
        meters.counter(FluxwireMeters.BYTES, FluxwireMeters.Flow.OUT, FluxwireMeters.Layer.WIRE);
    unknown = meters.counter(FluxwireMeters.PACKETS_UNKNOWN);
    demandWaits = meters.counter(FluxwireMeters.DEMAND_WAITS);
    writeStalls = meters.counter(FluxwireMeters.WRITE_STALLS);
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

  /**
   * The application's codec read a packet.
   *
   * @param payload its payload's size in bytes
   */
  public void received(int payload) {
    packet(in, payload);
  }

  /** The codec knew nothing of the packet that was received, and it was dropped. */
  public void unknown() {
    add(unknown, 1);
  }

  /**
   * A packet is about to be sealed.
   *
   * @param payload its payload's size in bytes
   */
  public void sent(int payload) {
    packet(out, payload);
  }

  /**
   * Bytes came from the socket.
   *
   * @param bytes how many
   */
  public void read(int bytes) {
    add(wireIn, bytes);
  }

  /**
   * Bytes were handed to the transport.
   *
   * @param bytes how many
   */
  public void handedOver(int bytes) {
    add(wireOut, bytes);
    writeQueue.add(bytes);
  }

  /**
   * The transport has done with bytes: they are written, or never will be.
   *
   * @param bytes how many
   */
  public void settled(int bytes) {
    writeQueue.add(-bytes);
  }

  /** The application asks for no packet, so that the socket is not read. */
  public void awaitsDemand() {
    add(demandWaits, 1);
  }

  /** The socket does not take as much as there is to send. */
  public void stalled() {
    add(writeStalls, 1);
  }
}
