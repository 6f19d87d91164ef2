package io.fluxwire.access;

import io.fluxwire.NodeId;
import io.fluxwire.internal.Callbacks;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * An authorizer with a list of node ids that can change while a server runs: the list either allows
 * only its nodes or denies only them. A change applies to all handshakes that have not yet asked
 * the authorizer. Existing connections stay until {@code DisposablePeerServer.disconnect} ends
 * them, which a listener of {@link #onDeny} may call. Thread-safe.
 */
public final class AccessList implements Authorizer {

  /** The nodes for which the answer is the opposite of that for all other nodes. */
  private final Set<NodeId> exceptions = ConcurrentHashMap.newKeySet();

  private final boolean othersMayConnect;

  private final List<Consumer<? super NodeId>> listeners = new CopyOnWriteArrayList<>();

  private AccessList(boolean othersMayConnect) {
    this.othersMayConnect = othersMayConnect;
  }

  /**
   * An allow list: a node that is not on it is refused.
   *
   * @param friends the nodes that are allowed at first; may be empty
   * @return the list
   */
  public static AccessList nobodyBut(Collection<NodeId> friends) {
    AccessList list = new AccessList(false);
    friends.forEach(list::allow);
    return list;
  }

  /**
   * A deny list: a node that is not on it is let in.
   *
   * @param unwanted the nodes that are denied at first; may be empty
   * @return the list
   */
  public static AccessList anyoneBut(Collection<NodeId> unwanted) {
    AccessList list = new AccessList(true);
    unwanted.forEach(list::deny);
    return list;
  }

  /**
   * Allows a node from now on, whether or not it was denied before.
   *
   * @param peer its node id
   */
  public void allow(NodeId peer) {
    put(peer, true);
  }

  /**
   * Denies a node from now on, whether or not it was allowed before.
   *
   * @param peer its node id
   */
  public void deny(NodeId peer) {
    put(peer, false);
    listeners.forEach(
        listener -> Callbacks.run("a listener of an access list", () -> listener.accept(peer)));
  }

  /**
   * Adds a listener for nodes that are denied from now on, so that it can end their connections.
   *
   * @param listener is called at each call of {@link #deny}, on the calling thread, with the node's
   *     id, once the list refuses the node; must not block. Whatever it throws is logged
   * @return removes the listener when it is disposed
   */
  public Disposable onDeny(Consumer<? super NodeId> listener) {
    // A new object for each call, so that the same listener can be added twice.
    Consumer<NodeId> own = listener::accept;
    listeners.add(own);
    return () -> listeners.remove(own);
  }

  private void put(NodeId peer, boolean mayConnect) {
    Objects.requireNonNull(peer, "peer");
    if (mayConnect == othersMayConnect) {
      exceptions.remove(peer);
    } else {
      exceptions.add(peer);
    }
  }

  /**
   * Whether the list allows a node now.
   *
   * @param peer a node id
   * @return whether it may connect
   */
  public boolean isAllowed(NodeId peer) {
    return exceptions.contains(peer) != othersMayConnect;
  }

  @Override
  public Mono<Boolean> authorize(Candidate peer) {
    return Mono.fromSupplier(() -> isAllowed(peer.id()));
  }

  @Override
  public boolean mayStay(NodeId peer) {
    return isAllowed(peer);
  }

  /** Gives the number of nodes on the list. */
  @Override
  public String toString() {
    return "AccessList[%s but %d]"
        .formatted(othersMayConnect ? "anyone" : "nobody", exceptions.size());
  }
}
