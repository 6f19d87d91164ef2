package io.fluxwire.page;

import io.fluxwire.PeerException;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.page.Snapshot.Percentiles;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long the latest handshakes took that went well, whoever dialled. Not from the meter, which
 * has each stage by itself: no percentile of a sum follows from those of its parts. Thread-safe.
 */
final class Handshakes implements SessionListener {

  /** How many it remembers. */
  static final int LATEST = 100;

  private final LongSupplier clock;
  private final Map<SessionInfo, Long> started = new ConcurrentHashMap<>();
  private final Deque<Double> millis = new ArrayDeque<>();

  /**
   * Knows of no handshake yet.
   *
   * @param clock nanoseconds
   */
  Handshakes(LongSupplier clock) {
    this.clock = clock;
  }

  @Override
  public void onHandshakeStarted(SessionInfo session) {
    started.put(session, clock.getAsLong());
  }

  @Override
  public void onEstablished(SessionInfo session) {
    Long start = started.remove(session);
    if (start != null) {
      took((clock.getAsLong() - start) / 1e6);
    }
  }

  @Override
  public void onHandshakeFailed(SessionInfo session, PeerException failure) {
    started.remove(session);
  }

  @Override
  public void onHandshakeCancelled(SessionInfo session) {
    started.remove(session);
  }

  private synchronized void took(double time) {
    millis.addLast(time);
    if (millis.size() > LATEST) {
      millis.removeFirst();
    }
  }

  /** Of the latest; null without any. */
  synchronized @Nullable Percentiles percentiles() {
    if (millis.isEmpty()) {
      return null;
    }
    List<Double> sorted = millis.stream().sorted().toList();
    return new Percentiles(
        sorted.size(),
        sorted.get((sorted.size() - 1) / 2),
        sorted.get((int) Math.ceil(sorted.size() * 0.99) - 1),
        sorted.get(sorted.size() - 1));
  }
}
