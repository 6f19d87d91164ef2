package io.fluxwire.page;

import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSnapshot;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/**
 * A fleet that a page shows, by {@link NodeMonitor#fleet}. Only who uses it needs the module {@code
 * fluxwire-fleet}.
 */
public final class WatchedFleet {

  private final FleetGroup<?> group;

  private WatchedFleet(FleetGroup<?> group) {
    this.group = group;
  }

  /**
   * The fleet of one of its instances.
   *
   * @param group the instance that the page is of; it is asked, and never changed
   * @return the fleet
   */
  public static WatchedFleet of(FleetGroup<?> group) {
    return new WatchedFleet(Objects.requireNonNull(group, "group"));
  }

  FleetSnapshot snapshot() {
    return group.snapshot();
  }

  /** How many peers each instance has, by its id. Asks the engine. */
  Mono<Map<String, Long>> peerCounts() {
    return group
        .peerCounts()
        .map(
            counts ->
                counts.entrySet().stream()
                    .collect(
                        Collectors.toUnmodifiableMap(
                            count -> count.getKey().toString(), Map.Entry::getValue)));
  }
}
