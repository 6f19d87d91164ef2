package io.fluxwire.docs;

import io.fluxwire.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;

/** The README's server. */
final class EchoServer {

  private EchoServer() {}

  static DisposablePeerServer start(NodeKey key, int port) {
    return PeerServer.create()
        .nodeKey(key)
        .port(port)
        .handle(peer -> peer.send(peer.receive()))
        .bindNow();
  }
}
