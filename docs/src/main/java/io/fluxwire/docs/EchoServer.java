package io.fluxwire.docs;

import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;

/** The README's server. */
final class EchoServer {

  private EchoServer() {}

  static DisposablePeerServer start(int port) {
    return PeerServer.create().port(port).handle(peer -> peer.send(peer.receive())).bindNow();
  }
}
