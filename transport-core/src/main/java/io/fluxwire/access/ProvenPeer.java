package io.fluxwire.access;

import io.fluxwire.NodeId;
import io.fluxwire.internal.AddressText;
import java.net.SocketAddress;
import java.util.Objects;

/** A candidate as a handshake knows it. */
record ProvenPeer(NodeId id, SocketAddress address) implements Candidate {

  ProvenPeer {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(address, "address");
  }

  @Override
  public String toString() {
    return id + " at " + AddressText.of(address);
  }
}
