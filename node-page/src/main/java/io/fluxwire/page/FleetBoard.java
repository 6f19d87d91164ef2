package io.fluxwire.page;

import io.fluxwire.fleet.FleetSnapshot;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.FailureText;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Collects what a page shows of the fleet that the node is an instance of. It counts the peers of
 * each instance in the engine's directory, which may have a million rows, so it counts only while
 * somebody looks, and seldom enough to take only a small part of the time. Thread-safe.
 */
final class FleetBoard {

  /** How many instances a snapshot has at most. */
  static final int TOP = 10;

  /** The least time from the end of one count to the next. */
  static final Duration RECOUNT = Duration.ofSeconds(5);

  /** How long a count may take before it is given up. */
  static final Duration COUNT_LIMIT = Duration.ofSeconds(30);

  /** The pause after a count is this many times as long as the count. */
  private static final int PART = 20;

  private final WatchedFleet fleet;
  private final LongSupplier clock;

  // The rest is guarded by this.
  private @Nullable Mono<Void> counting;
  private boolean begun;
  private long nextAt;
  private @Nullable Counts counts;
  private @Nullable String error;

  /**
   * What was counted.
   *
   * @param at when the count ended, in nanoseconds on the node's clock
   * @param peers how many peers each instance has
   */
  private record Counts(long at, Map<String, Long> peers) {}

  /**
   * A board that has not counted peers yet.
   *
   * @param fleet is asked for its snapshot and for counts
   * @param clock tells the node's time, in nanoseconds
   */
  FleetBoard(WatchedFleet fleet, LongSupplier clock) {
    this.fleet = fleet;
    this.clock = clock;
  }

  /**
   * Counts the peers if that is due.
   *
   * @return completes when the count has ended, or at once if none is due; never errors
   */
  Mono<Void> count() {
    return Mono.defer(this::underWay);
  }

  private synchronized Mono<Void> underWay() {
    Mono<Void> before = counting;
    if (before != null) {
      return before;
    }
    long now = clock.getAsLong();
    if (begun && now < nextAt) {
      return Mono.empty();
    }
    begun = true;
    Mono<Void> next =
        fleet
            .peerCounts()
            .timeout(COUNT_LIMIT)
            .doOnNext(peers -> counted(now, peers))
            .doOnError(failure -> failed(now, failure))
            .onErrorComplete()
            .then()
            .cache();
    counting = next;
    return next;
  }

  private synchronized void counted(long began, Map<String, Long> peers) {
    long now = clock.getAsLong();
    counts = new Counts(now, peers);
    error = null;
    over(began, now);
  }

  private synchronized void failed(long began, Throwable failure) {
    error = FailureText.of(failure);
    over(began, clock.getAsLong());
  }

  private void over(long began, long now) {
    counting = null;
    nextAt = now + Math.max(RECOUNT.toNanos(), PART * (now - began));
  }

  /**
   * What there is to see.
   *
   * @param most how many instances to show at most
   */
  synchronized FleetShown shown(int most) {
    FleetSnapshot now = fleet.snapshot();
    Counts latest = counts;
    String self = now.self().toString();
    Set<String> draining =
        now.draining().stream().map(InstanceId::toString).collect(Collectors.toSet());
    List<FleetShown.Instance> all = instances(now, latest, self, draining);
    List<FleetShown.Instance> rest = all.subList(Math.min(most, all.size()), all.size());
    FleetSnapshot.Counters counters = now.counters();
    return new FleetShown(
        self,
        now.state().name().toLowerCase(Locale.ROOT),
        since(now.since()),
        now.members().size(),
        (int) now.members().stream().filter(now.draining()::contains).count(),
        List.copyOf(all.subList(0, all.size() - rest.size())),
        rest.isEmpty()
            ? null
            : new FleetShown.Others(rest.size(), latest == null ? null : (Long) sum(rest)),
        latest == null ? null : (Long) (latest.at / 1_000_000),
        error,
        counters.forwarded(),
        counters.received(),
        counters.misses(),
        counters.moves(),
        counters.duplicates(),
        now.dials(),
        now.sharedDials(),
        now.rules());
  }

  private static List<FleetShown.Instance> instances(
      FleetSnapshot now, @Nullable Counts latest, String self, Set<String> draining) {
    Set<String> ids = new TreeSet<>();
    now.members().forEach(member -> ids.add(member.toString()));
    ids.add(self);
    return ids.stream()
        .map(
            id ->
                new FleetShown.Instance(
                    id,
                    id.equals(self),
                    draining.contains(id),
                    latest == null ? null : latest.peers.getOrDefault(id, 0L)))
        .sorted(
            Comparator.comparing(FleetShown.Instance::self)
                .reversed()
                .thenComparing(Comparator.comparingLong(FleetBoard::peers).reversed()))
        .toList();
  }

  private static long peers(FleetShown.Instance instance) {
    Long peers = instance.peers();
    return peers == null ? 0 : peers;
  }

  private static long sum(List<FleetShown.Instance> instances) {
    return instances.stream().mapToLong(FleetBoard::peers).sum();
  }

  /**
   * Converts a time of the fleet, which is on the wall clock, to milliseconds on the node's clock;
   * 0 if it is before that clock's start.
   */
  private long since(Instant moment) {
    long ago = Duration.between(moment, Instant.now()).toMillis();
    return Math.max(0, clock.getAsLong() / 1_000_000 - Math.max(0, ago));
  }
}
