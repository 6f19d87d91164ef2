package io.fluxwire.page;

import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSnapshot;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/**
 * A fleet for {@link NodeMonitor#fleet} to show on a page. Only an application that uses this class
 * needs the module {@code fluxwire-fleet}.
 */
public final class WatchedFleet {

  private final FleetGroup<?> group;

  private WatchedFleet(FleetGroup<?> group) {
    this.group = group;
  }

  /**
   * The fleet, as one of its instances sees it.
   *
   * @param group the instance whose page it is; it is only read, and never changed
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
