package readme;

import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;

/** The README's server: sends back what comes, whatever it means. */
public final class EchoServer {

  private EchoServer() {}

  static DisposablePeerServer start(NodeKey key, int port) {
    return PeerServer.create(key, PacketCodec.raw().allowShortPayloads())
        .port(port)
        .handle(peer -> peer.send(peer.receive().filter(ByteBuf::isReadable).map(ByteBuf::retain)))
        .bindNow();
  }

  /** Listens until the process is stopped. */
  public static void main(String[] args) {
    try (DisposablePeerServer server = start(NodeKey.generate(), 9735)) {
      System.out.println(server.id() + " listens on port " + server.port());
      server.onDispose().block();
    }
  }
}
