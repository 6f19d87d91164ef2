package io.fluxwire.access;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import java.util.Collection;
import java.util.Set;
import reactor.core.publisher.Mono;

/** Decides whether a node that has proven its id may stay connected. */
@FunctionalInterface
public interface Authorizer {

  /**
   * Decides on one peer. The decision has a timeout of its own, 5 s by default, within the
   * handshake's deadline. When the timeout passes, the decision is cancelled and the handshake
   * fails with {@link Reason#AUTHORIZER_TIMEOUT}. Called on a {@code fluxwire-curve-…} thread; all
   * handshakes share these threads, so this must not block.
   *
   * @param peer the peer, which has proven its id
   * @return true to let it in; false or empty to refuse it; an error refuses it as well, and the
   *     handshake fails with that error
   */
  Mono<Boolean> authorize(Candidate peer);

  /**
   * Whether a peer that was let in may stay. A server asks it once for each connection, those of
   * channels included, as soon as {@code DisposablePeerServer.disconnect} finds the peer, and
   * before a handler is called. Without it, a peer that is denied in between would stay connected.
   * Called on the connection's event loop: must not block. What it throws is logged and means no.
   *
   * @param peer its node id
   * @return false to close the connection; the default is true
   */
  default boolean mayStay(NodeId peer) {
    return true;
  }

  /**
   * Lets every peer in that can prove an id.
   *
   * @return the default
   */
  static Authorizer anyone() {
    return peer -> Mono.just(true);
  }

  /**
   * Lets the given nodes in and no others.
   *
   * @param peers the nodes that may connect, copied; empty refuses everyone
   * @return the allow list
   */
  static Authorizer allowing(Collection<NodeId> peers) {
    Set<NodeId> allowed = Set.copyOf(peers);
    return peer -> Mono.just(allowed.contains(peer.id()));
  }
}
