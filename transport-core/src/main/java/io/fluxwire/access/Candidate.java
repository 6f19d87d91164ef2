package io.fluxwire.access;

import io.fluxwire.NodeId;
import java.net.SocketAddress;

/**
 * A peer that has proven its id and asks to be let in: what an {@link Authorizer} decides on.
 * Versions to come may tell more of it, so make one by {@link #of} in tests rather than by a class
 * of your own.
 */
public interface Candidate {

  /**
   * Who it is.
   *
   * @return its node id, proven by its signature
   */
  NodeId id();

  /**
   * Where it is.
   *
   * @return the address of the connection's other end: the peer's, or that of what stands in
   *     between, such as a proxy
   */
  SocketAddress address();

  /**
   * A candidate of which no more is known than this.
   *
   * @param id who it is
   * @param address where it is
   * @return the candidate
   */
  static Candidate of(NodeId id, SocketAddress address) {
    return new ProvenPeer(id, address);
  }
}
