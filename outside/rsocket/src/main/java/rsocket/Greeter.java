package rsocket;

import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.rsocket.CloseablePeerServer;
import io.fluxwire.rsocket.FluxwireRSocket;
import io.fluxwire.rsocket.FluxwireServerTransport;
import io.fluxwire.rsocket.RSocketPeer;
import io.rsocket.Payload;
import io.rsocket.SocketAcceptor;
import io.rsocket.util.DefaultPayload;
import reactor.core.publisher.Mono;

/** Greets whoever asks, by node id. */
public final class Greeter {

  private Greeter() {}

  private static Mono<Payload> greet(Payload name) {
    String text = name.getDataUtf8();
    name.release();
    return RSocketPeer.current()
        .map(peer -> DefaultPayload.create("hello " + text + ", you are " + peer));
  }

  /** Listens until the process is stopped. */
  public static void main(String[] args) {
    CloseablePeerServer running =
        FluxwireRSocket.server()
            .acceptor(SocketAcceptor.forRequestResponse(Greeter::greet))
            .bindNow(
                FluxwireServerTransport.create(
                    PeerServer.create(NodeKey.generate(), PacketCodec.raw()).port(9735)));
    System.out.println(running.server().id() + " listens on port " + running.server().port());
    running.onClose().block();
  }
}
