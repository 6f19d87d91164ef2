package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.internal.Callbacks;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** The subscribers that wait for the next row of a peer. Thread-safe. */
final class RowWaiters {

  /** The sets are changed only inside atomic operations of the map. */
  private final Map<NodeId, Set<MonoSink<Holding>>> waiting = new ConcurrentHashMap<>();

  /** Emits the next row of the peer; empty after {@link #wakeAll}. */
  Mono<Holding> next(NodeId peer) {
    return Mono.create(
        sink -> {
          waiting.compute(
              peer,
              (key, others) -> {
                Set<MonoSink<Holding>> all = others == null ? new LinkedHashSet<>() : others;
                all.add(sink);
                return all;
              });
          sink.onDispose(() -> remove(peer, sink));
        });
  }

  private void remove(NodeId peer, MonoSink<Holding> sink) {
    waiting.computeIfPresent(
        peer,
        (key, others) -> {
          others.remove(sink);
          return others.isEmpty() ? null : others;
        });
  }

  void tell(Holding row) {
    Set<MonoSink<Holding>> told = waiting.isEmpty() ? null : waiting.remove(row.peer());
    if (told != null) {
      List.copyOf(told)
          .forEach(sink -> Callbacks.run("who waits for a peer", () -> sink.success(row)));
    }
  }

  /** Completes all that wait, without a row: they have to look their peers up again. */
  void wakeAll() {
    for (NodeId peer : List.copyOf(waiting.keySet())) {
      Set<MonoSink<Holding>> told = waiting.remove(peer);
      if (told != null) {
        List.copyOf(told)
            .forEach(sink -> Callbacks.run("who waits for a peer", () -> sink.success()));
      }
    }
  }
}
