package io.fluxwire.docs;

import io.fluxwire.NodeId;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.rsocket.CloseablePeerServer;
import io.fluxwire.rsocket.FluxwireClientTransport;
import io.fluxwire.rsocket.FluxwireRSocket;
import io.fluxwire.rsocket.FluxwireServerTransport;
import io.fluxwire.rsocket.RSocketHandler;
import io.fluxwire.rsocket.RSocketPeer;
import io.netty.buffer.ByteBuf;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.util.DefaultPayload;
import reactor.core.publisher.Mono;

/** The samples of rsocket.md. */
final class RSockets {

  private RSockets() {}

  static SocketAcceptor greeter() {
    return SocketAcceptor.forRequestResponse(
        name -> {
          String text = name.getDataUtf8();
          name.release();
          return RSocketPeer.current()
              .map(peer -> DefaultPayload.create("hello " + text + ", you are " + peer));
        });
  }

  static Mono<CloseablePeerServer> serve(NodeKey key, int port) {
    PeerServer<ByteBuf> server = PeerServer.create(key, PacketCodec.raw()).port(port);
    return FluxwireRSocket.server()
        .acceptor(greeter())
        .bind(FluxwireServerTransport.create(server));
  }

  static Mono<RSocket> connect(NodeKey key, String host, int port, NodeId server) {
    PeerClient<ByteBuf> client =
        PeerClient.create(key, PacketCodec.raw()).remote(host, port).expect(server);
    return FluxwireRSocket.connector(server).connect(FluxwireClientTransport.create(client));
  }

  static PeerServer<ByteBuf> serveOn(PeerServer<ByteBuf> server) {
    return server.handle(RSocketHandler.of(FluxwireRSocket.server().acceptor(greeter())));
  }
}
