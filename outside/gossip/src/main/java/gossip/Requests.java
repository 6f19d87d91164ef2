package gossip;

import gossip.wire.GossipPkt;
import gossip.wire.GossipPkt.PktCase;
import io.fluxwire.request.RequestHandlers;
import io.fluxwire.request.RequestSpec;
import java.time.Duration;
import reactor.core.publisher.Mono;

/** The plumbing: which packets ask, which answer, and who handles what. */
final class Requests {

  private Requests() {}

  static RequestSpec<GossipPkt> of(Node node) {
    return RequestSpec.of(Requests::answeredId, Requests::withId)
        .timeout(Duration.ofSeconds(5))
        .handlers(
            RequestHandlers.by(GossipPkt::getPktCase)
                .onRequest(PktCase.ASK, (peer, packet) -> Mono.just(Node.answer(packet.getAsk())))
                .onRequest(PktCase.PING, (peer, packet) -> Mono.just(Node.pong(packet.getPing())))
                .onMessage(PktCase.RUMOUR, (peer, packet) -> node.heard(packet, peer.remoteId())));
  }

  private static long answeredId(GossipPkt packet) {
    return packet.hasPong() ? packet.getPong().getId() : packet.getAnswer().getId();
  }

  private static GossipPkt withId(GossipPkt request, long id) {
    GossipPkt.Builder copy = request.toBuilder();
    return request.hasAsk()
        ? copy.setAsk(request.getAsk().toBuilder().setId(id)).build()
        : copy.setPing(request.getPing().toBuilder().setId(id)).build();
  }
}
