package io.fluxwire.page;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts packets and the bytes of their payloads, each way, and what keeps them waiting.
 * Thread-safe.
 */
final class Traffic {

  /**
   * The counts of a moment.
   *
   * @param bytesIn payload bytes received
   * @param bytesOut payload bytes handed over to be sent
   * @param packetsIn packets received
   * @param packetsOut packets handed over to be sent
   */
  record Counts(long bytesIn, long bytesOut, long packetsIn, long packetsOut) {

    static final Counts NONE = new Counts(0, 0, 0, 0);

    long bytes() {
      return bytesIn + bytesOut;
    }

    /** What came since, for each second. */
    Counts perSecondSince(Counts before, long nanos) {
      return new Counts(
          perSecond(bytesIn - before.bytesIn, nanos),
          perSecond(bytesOut - before.bytesOut, nanos),
          perSecond(packetsIn - before.packetsIn, nanos),
          perSecond(packetsOut - before.packetsOut, nanos));
    }

    private static long perSecond(long count, long nanos) {
      return Math.round(count * 1e9 / nanos);
    }
  }

  /**
   * What waits, or has waited.
   *
   * @param queued bytes that were handed to the transport and that the socket has not taken
   * @param stalls times that sends had to wait for the socket
   * @param demandWaits times that nothing was read, since the application asked for no packet
   */
  record Pressure(long queued, long stalls, long demandWaits) {}

  private final LongAdder bytesIn = new LongAdder();
  private final LongAdder bytesOut = new LongAdder();
  private final LongAdder packetsIn = new LongAdder();
  private final LongAdder packetsOut = new LongAdder();
  private final LongAdder queued = new LongAdder();
  private final LongAdder stalls = new LongAdder();
  private final LongAdder demandWaits = new LongAdder();

  void received(int bytes) {
    bytesIn.add(bytes);
    packetsIn.increment();
  }

  void sent(int bytes) {
    bytesOut.add(bytes);
    packetsOut.increment();
  }

  /** Bytes go to the transport, or, below zero, are done with. */
  void queued(int bytes) {
    queued.add(bytes);
  }

  void stalled() {
    stalls.increment();
  }

  void waitedForDemand() {
    demandWaits.increment();
  }

  Counts counts() {
    return new Counts(bytesIn.sum(), bytesOut.sum(), packetsIn.sum(), packetsOut.sum());
  }

  Pressure pressure() {
    // A sum of adders is of no one moment, so it may be below zero.
    return new Pressure(Math.max(0, queued.sum()), stalls.sum(), demandWaits.sum());
  }
}
