package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.Metrics;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/**
 * What a process holds at one moment.
 *
 * @param heap bytes of live objects
 * @param descriptors what is open
 * @param threads what runs
 * @param meters what Micrometer's global registry has
 */
record Footprint(long heap, long descriptors, int threads, int meters) {

  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** What comes and goes by itself: a class that is loaded late, a timer's thread. */
  private static final long HEAP_NOISE = 512 * 1024;

  private static final int NOISE = 4;

  static Footprint now() {
    // The second one collects what references of the first had to be told of.
    System.gc();
    System.gc();
    return new Footprint(
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
        ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getOpenFileDescriptorCount(),
        ManagementFactory.getThreadMXBean().getThreadCount(),
        Metrics.globalRegistry.getMeters().size());
  }

  /** Waits until the process holds what it held here, but for a little that does not grow. */
  Footprint awaitAgain(int count) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    Footprint now = now();
    while (!now.isLike(this, count) && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(250);
      now = now();
    }
    assertThat(now.isLike(this, count))
        .as("%,d times: it was %s and is %s", count, this, now)
        .isTrue();
    return now;
  }

  private boolean isLike(Footprint before, int count) {
    // 16 bytes a time are less than any object that is kept.
    return heap - before.heap <= HEAP_NOISE + 16L * count
        && descriptors <= before.descriptors + NOISE
        && threads <= before.threads + NOISE
        && meters <= before.meters;
  }

  @Override
  public String toString() {
    return "%,d KiB, %d descriptors, %d threads, %d meters"
        .formatted(heap >> 10, descriptors, threads, meters);
  }
}
