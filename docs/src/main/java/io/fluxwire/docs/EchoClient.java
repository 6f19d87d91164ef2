package io.fluxwire.docs;

import io.fluxwire.NodeId;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import reactor.core.publisher.Mono;

/** The README's client. */
final class EchoClient {

  private EchoClient() {}

  static Mono<Pkt> hello(String host, int port, NodeId server) {
    return PeerClient.create()
        .remote(host, port)
        .expect(server)
        .connect()
        .flatMap(
            peer ->
                peer.send(Mono.just(Hello.packet()))
                    .then(peer.receive().next())
                    .delayUntil(answer -> peer.close()));
  }
}
