package io.fluxwire.node;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * How many files may be open, of which each connection is one.
 *
 * @param limit the process's; negative where it is not known
 */
record DescriptorsCheck(long limit) implements Check {

  /** Jars, the page, stores and logs. */
  static final long OTHERS = 200;

  static final long ENOUGH = 4096;

  private static final String NAME = "files";

  static DescriptorsCheck ofThisProcess() {
    return new DescriptorsCheck(
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            ? unix.getMaxFileDescriptorCount()
            : -1);
  }

  @Override
  public Finding run() {
    if (limit < 0) {
      return Finding.ok(NAME, "this system does not say how many files may be open");
    }
    String found =
        "%,d files may be open, enough for some %,d peers"
            .formatted(limit, Math.max(0, limit - OTHERS));
    return limit >= ENOUGH
        ? Finding.ok(NAME, found)
        : Finding.advice(
            NAME,
            found,
            "for more, raise it: 'ulimit -n 65536' before the start, or LimitNOFILE=65536 in its"
                + " systemd unit");
  }
}
