package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
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

  /** Of each peer the row that counts, among those that are wanted. */
  Mono<Collection<Holding>> rows(Predicate<Holding> wanted) {
    return bus.link()
        .flatMapMany(EngineLink::holdings)
        .filter(wanted)
        .collect(HashMap<NodeId, Holding>::new, Directory::greatest)
        .map(Map::values);
  }

  private static void greatest(Map<NodeId, Holding> rows, Holding row) {
    rows.merge(
        row.peer(), row, (one, other) -> Holding.BY_EPOCH.compare(one, other) > 0 ? one : other);
  }
}
