package io.fluxwire.node.page;

import java.util.concurrent.atomic.LongAdder;

/** Counts packets and the bytes of their payloads, each way. Thread-safe. */
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
    long bytes() {
      return bytesIn + bytesOut;
    }
  }

  private final LongAdder bytesIn = new LongAdder();
  private final LongAdder bytesOut = new LongAdder();
  private final LongAdder packetsIn = new LongAdder();
  private final LongAdder packetsOut = new LongAdder();

  void received(int bytes) {
    bytesIn.add(bytes);
    packetsIn.increment();
  }

  void sent(int bytes) {
    bytesOut.add(bytes);
    packetsOut.increment();
  }

  Counts counts() {
    return new Counts(bytesIn.sum(), bytesOut.sum(), packetsIn.sum(), packetsOut.sum());
  }
}
