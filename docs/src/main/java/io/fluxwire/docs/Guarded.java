package io.fluxwire.docs;

import io.fluxwire.access.CidrList;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.proto.Pkt;

/** Samples of the page on limits. */
final class Guarded {

  private Guarded() {}

  static PeerServer<Pkt> server(NodeKey key) {
    return PeerServer.create()
        .nodeKey(key)
        .limits(
            limits ->
                limits
                    .connections(500)
                    .handshakes(100, 4)
                    .reserve(16, CidrList.of("198.51.100.0/24", "2001:db8:7::/48")));
  }
}
