package io.fluxwire.fleet.internal;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leaves out what cannot be read: it is from somebody who should not have access, or of another
 * version. The first time is logged as a warning.
 */
public final class TolerantReader {

  private static final Logger LOG = LoggerFactory.getLogger(TolerantReader.class);

  private final String server;
  private final AtomicBoolean warned = new AtomicBoolean();

  /**
   * A reader that has not warned yet.
   *
   * @param server names the software and its address
   */
  public TolerantReader(String server) {
    this.server = server;
  }

  /**
   * Reads.
   *
   * @param reading may throw {@link IllegalArgumentException}
   * @param <T> what is read
   * @return what was read; empty if it cannot be
   */
  public <T> Optional<T> read(Supplier<T> reading) {
    try {
      return Optional.of(reading.get());
    } catch (IllegalArgumentException unreadable) {
      if (warned.compareAndSet(false, true)) {
        LOG.warn(
            "somebody writes to the fleet through {} what no instance of this version does; it is left out",
            server,
            unreadable);
      }
      return Optional.empty();
    }
  }
}
