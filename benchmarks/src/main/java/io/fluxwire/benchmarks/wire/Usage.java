package io.fluxwire.benchmarks.wire;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * What this process has used so far.
 *
 * @param nanos the clock
 * @param cpuNanos of all threads
 * @param allocated bytes on the heap, of all threads that live
 */
record Usage(long nanos, long cpuNanos, long allocated) {

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  static Usage now() {
    long allocated = 0;
    for (long bytes : THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds())) {
      allocated += Math.max(bytes, 0);
    }
    return new Usage(System.nanoTime(), SYSTEM.getProcessCpuTime(), allocated);
  }

  Usage minus(Usage before) {
    return new Usage(
        nanos - before.nanos, cpuNanos - before.cpuNanos, allocated - before.allocated);
  }

  double seconds() {
    return nanos / 1e9;
  }
}
