package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;

/** The rows of all instances, as the engine has them. */
final class Directory {

  private final InstanceId self;
  private final Bus bus;
  private final HeldPeers<?> peers;

  Directory(InstanceId self, Bus bus, HeldPeers<?> peers) {
    this.self = self;
    this.bus = bus;
    this.peers = peers;
  }

  Mono<InstanceId> whereIs(NodeId peer) {
    return Mono.defer(
        () -> peers.connection(peer) != null ? Mono.just(self) : row(peer).map(Holding::instance));
  }

  /** The row of a peer that counts; empty when there is none. */
  Mono<Holding> row(NodeId peer) {
    return bus.link().flatMap(link -> link.find(peer));
  }

  /** The row that counts for each peer, of the rows that pass the test. */
  Mono<Collection<Holding>> rows(Predicate<Holding> wanted) {
    return bus.link()
        .flatMapMany(EngineLink::holdings)
        .filter(wanted)
        .collect(HashMap<NodeId, Holding>::new, Directory::greatest)
        .map(Map::values);
  }

  /**
   * How many rows each instance has. Instances that are named are in the map even if they have
   * none.
   */
  Mono<Map<InstanceId, Long>> peerCounts(Set<InstanceId> named) {
    return bus.link()
        .flatMapMany(EngineLink::holdings)
        .collect(() -> none(named), (counts, row) -> counts.merge(row.instance(), 1L, Long::sum));
  }

  private static Map<InstanceId, Long> none(Set<InstanceId> instances) {
    Map<InstanceId, Long> counts = new HashMap<>();
    instances.forEach(instance -> counts.put(instance, 0L));
    return counts;
  }

  private static void greatest(Map<NodeId, Holding> rows, Holding row) {
    rows.merge(
        row.peer(), row, (one, other) -> Holding.BY_EPOCH.compare(one, other) > 0 ? one : other);
  }
}
