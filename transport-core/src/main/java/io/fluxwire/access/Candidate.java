package io.fluxwire.access;

import io.fluxwire.NodeId;
import java.net.SocketAddress;

/**
 * A peer that has proven its id and on which an {@link Authorizer} decides. Later versions may add
 * methods, so in tests use {@link #of} rather than a class of your own.
 */
public interface Candidate {

  /**
   * The peer's identity.
   *
   * @return its node id, proven by its signature
   */
  NodeId id();

  /**
   * The peer's address.
   *
   * @return the address of the connection's other end: the peer's, or that of a proxy in between
   */
  SocketAddress address();

  /**
   * A candidate with the given id and address.
   *
   * @param id its node id
   * @param address its address
   * @return the candidate
   */
  static Candidate of(NodeId id, SocketAddress address) {
    return new ProvenPeer(id, address);
  }
}
