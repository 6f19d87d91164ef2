package io.fluxwire.access;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import java.util.Collection;
import java.util.Set;
import reactor.core.publisher.Mono;

/** Decides whether a node whose id is proven may stay. */
@FunctionalInterface
public interface Authorizer {

  /**
   * Decides on one peer. Has a timeout of its own, 5 s by default, within the handshake's deadline;
   * that it took too long is the handshake's failure, {@link Reason#AUTHORIZER_TIMEOUT}, and the
   * decision is cancelled. Called on one of the threads that do the curve's operations, {@code
   * fluxwire-curve-…}, which all handshakes share: must not block.
   *
   * @param peer who asks, its id proven
   * @return true to let it in; false or empty to refuse it; an error refuses it as well and is the
   *     handshake's failure
   */
  Mono<Boolean> authorize(Candidate peer);

  /**
   * Lets everyone in who can prove an id.
   *
   * @return the default
   */
  static Authorizer anyone() {
    return peer -> Mono.just(true);
  }

  /**
   * Lets the given nodes in and nobody else.
   *
   * @param peers who may connect, copied; empty refuses everyone
   * @return the allow list
   */
  static Authorizer allowing(Collection<NodeId> peers) {
    Set<NodeId> allowed = Set.copyOf(peers);
    return peer -> Mono.just(allowed.contains(peer.id()));
  }
}
