package io.fluxwire.netty;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * The servers of services, for as long as their records hold: so many that dial one service ask DNS
 * once, and who comes and goes is seen when the records' time to live is over. Netty's resolver
 * keeps addresses, and nothing else. Thread-safe.
 */
final class ServiceCache {

  private final Scheduler clock;
  private final Duration longest;

  // Guarded by this.
  private final Map<String, Answer> answers = new HashMap<>();

  private record Answer(List<ServiceRecord> servers, long until) {}

  /**
   * Knows nothing yet.
   *
   * @param clock says how late it is
   * @param longest how long an answer is kept at most
   */
  ServiceCache(Scheduler clock, Duration longest) {
    this.clock = clock;
    this.longest = longest;
  }

  /** The servers; null when DNS has to be asked. */
  synchronized @Nullable List<ServiceRecord> get(String service) {
    Answer known = answers.get(service);
    return known == null || isOver(known) ? null : known.servers;
  }

  /**
   * Keeps an answer.
   *
   * @param timeToLive of its records, in seconds
   */
  synchronized void put(String service, List<ServiceRecord> servers, long timeToLive) {
    // Who asks for ever new names must not fill memory with old ones.
    answers.values().removeIf(this::isOver);
    long kept = Math.min(TimeUnit.SECONDS.toMillis(timeToLive), longest.toMillis());
    answers.put(service, new Answer(servers, now() + kept));
  }

  private boolean isOver(Answer answer) {
    return now() >= answer.until;
  }

  private long now() {
    return clock.now(TimeUnit.MILLISECONDS);
  }
}
