package readme;

import io.fluxwire.NodeId;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import reactor.core.publisher.Mono;

/** The README's client. */
public final class EchoClient {

  private EchoClient() {}

  static Mono<Pkt> hello(String host, int port, NodeId server) {
    return PeerClient.create()
        .remote(host, port)
        .expect(server)
        .connect()
        .flatMap(
            peer ->
                peer.sendOne(Hello.packet())
                    .then(peer.receive().next())
                    .delayUntil(answer -> peer.close()));
  }

  /** Says hello to the server on this machine whose node id is the argument. */
  public static void main(String[] args) {
    hello("localhost", 9735, NodeId.parse(args[0]))
        .map(answer -> answer.getError().getProblem())
        .doOnNext(System.out::println)
        .block();
  }
}
