package io.fluxwire.netty;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * Caches the servers of services for the time to live of their SRV records, so that dials within
 * that time ask DNS only once, and servers that come or go are seen after it. It is here because
 * Netty's resolver caches only addresses. Thread-safe.
 */
final class ServiceCache {

  private final Scheduler clock;
  private final Duration longest;

  // Guarded by this.
  private final Map<String, Answer> answers = new HashMap<>();

  private record Answer(List<ServiceRecord> servers, long until) {}

  /**
   * An empty cache.
   *
   * @param clock tells the time
   * @param longest how long an answer is kept at most
   */
  ServiceCache(Scheduler clock, Duration longest) {
    this.clock = clock;
    this.longest = longest;
  }

  /** The cached servers of a service; null when DNS has to be asked. */
  synchronized @Nullable List<ServiceRecord> get(String service) {
    Answer known = answers.get(service);
    return known == null || isOver(known) ? null : known.servers;
  }

  /**
   * Keeps an answer.
   *
   * @param timeToLive the least one of its records, in seconds
   */
  synchronized void put(String service, List<ServiceRecord> servers, long timeToLive) {
    // A caller that keeps asking for new names must not fill memory with expired ones.
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
