package io.fluxwire.benchmarks.fleet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** How long something takes, how much of the processor, and how many bytes over loopback. */
final class CostMeter {

  private static final Path INTERFACES = Path.of("/proc/net/dev");

  private final String name;
  private final @Nullable TrialServer server;
  private final boolean prints;

  /**
   * Measures nothing yet.
   *
   * @param server whose processor time counts, too; null for none
   * @param prints false for a round that only warms up
   */
  CostMeter(String name, @Nullable TrialServer server, boolean prints) {
    this.name = name;
    this.server = server;
    this.prints = prints;
  }

  void measure(String what, int times, IntConsumer work) {
    long bytes = loopbackBytes();
    double cpu = cpuMicros();
    long began = System.nanoTime();
    work.accept(times);
    double micros = (System.nanoTime() - began) / 1e3;
    if (prints) {
      System.out.printf(
          "%-8s %-30s %8.2f us, processor %8.2f us, %5d bytes%n",
          name,
          what,
          micros / times,
          (cpuMicros() - cpu) / times,
          (loopbackBytes() - bytes) / times);
    }
  }

  private double cpuMicros() {
    Duration all = cpu(ProcessHandle.current());
    return (server == null ? all : all.plus(cpu(server.process().toHandle()))).toNanos() / 1e3;
  }

  private static Duration cpu(ProcessHandle process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** What was received, which is all that was sent; 0 where nobody says. */
  private static long loopbackBytes() {
    if (!Files.isReadable(INTERFACES)) {
      return 0;
    }
    try {
      return Files.readAllLines(INTERFACES).stream()
          .map(String::strip)
          .filter(line -> line.startsWith("lo:"))
          .mapToLong(
              line -> Long.parseLong(line.substring("lo:".length()).strip().split("\\s+")[0]))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
