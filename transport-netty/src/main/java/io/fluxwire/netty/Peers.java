package io.fluxwire.netty;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;

/** A server's connections and, once they are authenticated, peers, so that it can close them. */
final class Peers {

  private final Map<NettyByteDuplex, Optional<PeerConnection<?>>> connections =
      new ConcurrentHashMap<>();
  private volatile boolean closing;

  void accepted(NettyByteDuplex duplex) {
    connections.put(duplex, Optional.empty());
    duplex.onClose().subscribe(ignored -> {}, ignored -> {}, () -> connections.remove(duplex));
    closeIfLate(duplex);
  }

  void authenticated(NettyByteDuplex duplex, PeerConnection<?> peer) {
    connections.computeIfPresent(duplex, (key, none) -> Optional.of(peer));
    closeIfLate(duplex);
  }

  private void closeIfLate(NettyByteDuplex duplex) {
    if (closing) {
      close(duplex);
    }
  }

  private void close(NettyByteDuplex duplex) {
    connections
        .getOrDefault(duplex, Optional.empty())
        .ifPresentOrElse(peer -> peer.close().subscribe(), duplex::dispose);
  }

  int count() {
    return (int) connections.values().stream().filter(Optional::isPresent).count();
  }

  /** Closes authenticated peers that match, in good order; emits how many when all are closed. */
  Mono<Integer> close(Predicate<? super NodeId> which) {
    List<Mono<Void>> closes = new ArrayList<>();
    for (Optional<PeerConnection<?>> peer : connections.values()) {
      peer.filter(one -> which.test(one.remoteId())).ifPresent(one -> closes.add(one.close()));
    }
    return Mono.when(closes).thenReturn(closes.size());
  }

  /** Closes peers in good order and all else at once; completes when all are closed. */
  Mono<Void> close() {
    closing = true;
    List<NettyByteDuplex> open = List.copyOf(connections.keySet());
    open.forEach(this::close);
    return Mono.when(open.stream().map(NettyByteDuplex::onClose).toList());
  }
}
