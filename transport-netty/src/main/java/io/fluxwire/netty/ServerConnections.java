package io.fluxwire.netty;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.transport.ByteDuplex;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A server's connections and, once they are authenticated, peers, so that it can close them. */
final class ServerConnections {

  private final Map<ByteDuplex, Optional<PeerConnection<?>>> connections =
      new ConcurrentHashMap<>();
  private volatile boolean closing;

  void accepted(ByteDuplex duplex) {
    connections.put(duplex, Optional.empty());
    duplex.onClose().subscribe(ignored -> {}, ignored -> {}, () -> connections.remove(duplex));
    closeIfLate(duplex);
  }

  void authenticated(ByteDuplex duplex, PeerConnection<?> peer) {
    connections.computeIfPresent(duplex, (key, none) -> Optional.of(peer));
    closeIfLate(duplex);
  }

  private void closeIfLate(ByteDuplex duplex) {
    if (closing) {
      close(duplex);
    }
  }

  private void close(ByteDuplex duplex) {
    close(duplex, connections.getOrDefault(duplex, Optional.empty()));
  }

  private static void close(ByteDuplex duplex, Optional<PeerConnection<?>> authenticated) {
    authenticated.ifPresentOrElse(peer -> peer.close().subscribe(), duplex::dispose);
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

  /** Closes peers in good order and all else at once; emits when all are closed. */
  Mono<ShutdownReport> close() {
    closing = true;
    List<Mono<ShutdownReport>> ends = new ArrayList<>();
    connections.forEach(
        (duplex, authenticated) -> {
          close(duplex, authenticated);
          ends.add(
              duplex
                  .onClose()
                  .then(Mono.justOrEmpty(authenticated))
                  .flatMap(PeerConnection::undelivered)
                  .map(ShutdownReport::of));
        });
    return Flux.concat(ends).reduce(ShutdownReport.NO_CONNECTIONS, ShutdownReport::plus);
  }

  /** Closes all at once. */
  void abort() {
    connections.forEach(
        (duplex, authenticated) ->
            authenticated.ifPresentOrElse(PeerConnection::dispose, duplex::dispose));
  }
}
