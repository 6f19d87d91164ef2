package io.fluxwire.netty;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.transport.ByteDuplex;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A server's connections, and its authenticated peers, so that the server can close them. */
final class ServerConnections {

  private final Map<ByteDuplex, Optional<PeerConnection<?>>> connections =
      new ConcurrentHashMap<>();
  private volatile boolean closing;

  void accepted(ByteDuplex duplex) {
    connections.put(duplex, Optional.empty());
    closed(duplex).subscribe(null, null, () -> connections.remove(duplex));
    closeIfLate(duplex);
  }

  /** Completes once the connection is closed and the observers of its session have been told. */
  private Mono<Void> closed(ByteDuplex duplex) {
    return duplex
        .onClose()
        .onErrorComplete()
        .then(Mono.defer(() -> Mono.justOrEmpty(peer(duplex)).flatMap(SessionSpec::endOf)))
        .then();
  }

  private Optional<PeerConnection<?>> peer(ByteDuplex duplex) {
    return connections.getOrDefault(duplex, Optional.empty());
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
    close(duplex, peer(duplex));
  }

  private static void close(ByteDuplex duplex, Optional<PeerConnection<?>> authenticated) {
    authenticated.ifPresentOrElse(peer -> peer.close().subscribe(), duplex::dispose);
  }

  int count() {
    return (int)
        connections.entrySet().stream()
            .filter(entry -> entry.getValue().isPresent() && !entry.getKey().isDisposed())
            .count();
  }

  /**
   * Closes the authenticated peers that match, in good order; emits their number when all are
   * closed.
   */
  Mono<Integer> close(Predicate<? super NodeId> which) {
    List<Mono<Void>> closes = new ArrayList<>();
    for (Optional<PeerConnection<?>> peer : connections.values()) {
      peer.filter(one -> which.test(one.remoteId())).ifPresent(one -> closes.add(one.close()));
    }
    return Mono.when(closes).thenReturn(closes.size());
  }

  /**
   * Closes authenticated peers in good order and all other connections at once; emits when all are
   * closed.
   */
  Mono<ShutdownReport> close() {
    closing = true;
    List<Mono<ShutdownReport>> ends = new ArrayList<>();
    connections.forEach(
        (duplex, authenticated) -> {
          close(duplex, authenticated);
          ends.add(
              closed(duplex)
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
