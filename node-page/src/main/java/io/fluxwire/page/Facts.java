package io.fluxwire.page;

import com.sun.management.UnixOperatingSystemMXBean;
import io.fluxwire.crypto.Secp256k1;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the node runs on, which does not change while it runs.
 *
 * @param version of Fluxwire
 * @param jdk the Java runtime's version, and whose it is
 * @param curve what computes secp256k1; null where the choice of it failed
 */
record Facts(String version, String jdk, @Nullable String curve) {

  /**
   * What the process uses of the machine.
   *
   * @param heapUsed bytes of the heap that are used
   * @param heapMax how many there may be
   * @param descriptors open file descriptors; null where the system does not tell
   * @param maxDescriptors how many there may be
   */
  record Resources(
      long heapUsed, long heapMax, @Nullable Long descriptors, @Nullable Long maxDescriptors) {

    static Resources now() {
      Runtime runtime = Runtime.getRuntime();
      long used = runtime.totalMemory() - runtime.freeMemory();
      return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
          ? new Resources(
              used,
              runtime.maxMemory(),
              unix.getOpenFileDescriptorCount(),
              unix.getMaxFileDescriptorCount())
          : new Resources(used, runtime.maxMemory(), null, null);
    }
  }

  /** May load the curve's library, and so blocks. */
  static Facts ofThisProcess() {
    return new Facts(
        ownVersion(),
        "%s (%s)".formatted(Runtime.version(), System.getProperty("java.vendor", "unknown")),
        preferredCurve());
  }

  private static @Nullable String preferredCurve() {
    try {
      return Secp256k1.preferred().name();
    } catch (IllegalStateException e) {
      // The system property names a library that is not there. Whoever needs it is told so.
      return null;
    }
  }

  private static String ownVersion() {
    try (InputStream in = Facts.class.getResourceAsStream("version.txt")) {
      return in == null ? "unknown" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
