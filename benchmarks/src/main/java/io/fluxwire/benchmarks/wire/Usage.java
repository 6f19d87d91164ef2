package io.fluxwire.benchmarks.wire;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What this process has used so far.
 *
 * @param nanos the clock
 * @param cpuNanos of all threads
 * @param allocated bytes on the heap, of all threads that live
 * @param loopback bytes on the loopback interface, TCP's and IP's headers and acknowledgements
 *     included, of all processes; 0 where the system does not tell
 */
record Usage(long nanos, long cpuNanos, long allocated, long loopback) {

  private static final Path LOOPBACK = Path.of("/sys/class/net/lo/statistics/tx_bytes");

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  static Usage now() {
    long allocated = 0;
    for (long bytes : THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds())) {
      allocated += Math.max(bytes, 0);
    }
    return new Usage(System.nanoTime(), SYSTEM.getProcessCpuTime(), allocated, loopbackBytes());
  }

  private static long loopbackBytes() {
    try {
      return Files.exists(LOOPBACK) ? Long.parseLong(Files.readString(LOOPBACK).strip()) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Usage minus(Usage before) {
    return new Usage(
        nanos - before.nanos,
        cpuNanos - before.cpuNanos,
        allocated - before.allocated,
        loopback - before.loopback);
  }

  double seconds() {
    return nanos / 1e9;
  }
}
