package io.fluxwire.access;

import io.fluxwire.NodeId;
import java.util.Collection;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;

/**
 * Who may connect, as a list that can change while a server runs: nodes that are allowed, nodes
 * that are denied, and one answer for all others. A change counts from the next handshake that gets
 * as far as its authorizer; connections that are there stay, until {@code
 * DisposablePeerServer.disconnect} ends them. Thread-safe.
 */
public final class AccessList implements Authorizer {

  /** For whom the answer is another than for all others. */
  private final Set<NodeId> exceptions = ConcurrentHashMap.newKeySet();

  private final boolean othersMayConnect;

  private AccessList(boolean othersMayConnect) {
    this.othersMayConnect = othersMayConnect;
  }

  /**
   * A list of friends: who is not on it is refused.
   *
   * @param friends who is allowed at first; may be empty
   * @return the list
   */
  public static AccessList nobodyBut(Collection<NodeId> friends) {
    AccessList list = new AccessList(false);
    friends.forEach(list::allow);
    return list;
  }

  /**
   * A list of the unwanted: who is not on it is let in.
   *
   * @param unwanted who is denied at first; may be empty
   * @return the list
   */
  public static AccessList anyoneBut(Collection<NodeId> unwanted) {
    AccessList list = new AccessList(true);
    unwanted.forEach(list::deny);
    return list;
  }

  /**
   * Lets a node in from now on, whatever was said of it before.
   *
   * @param peer its node id
   */
  public void allow(NodeId peer) {
    put(peer, true);
  }

  /**
   * Refuses a node from now on, whatever was said of it before.
   *
   * @param peer its node id
   */
  public void deny(NodeId peer) {
    put(peer, false);
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
   * What the list says now.
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

  /** Says how many nodes are on it. */
  @Override
  public String toString() {
    return "AccessList[%s but %d]"
        .formatted(othersMayConnect ? "anyone" : "nobody", exceptions.size());
  }
}
