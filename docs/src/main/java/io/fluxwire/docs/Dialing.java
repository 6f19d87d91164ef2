package io.fluxwire.docs;

import chat.Chat;
import chat.proto.ChatPkt;
import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.SessionParameters;
import io.fluxwire.dial.AddressSource;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.netty.SocksProxy;
import io.fluxwire.record.Padding;
import io.fluxwire.testing.FaultProxy;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The dialing page's nodes. */
final class Dialing {

  private Dialing() {}

  static Flux<String> follow(PeerClient<ChatPkt> client) {
    return client
        .connections()
        .concatMap(peer -> peer.receive().onErrorComplete(), 0)
        .map(packet -> packet.getSay().getText());
  }

  static PeerClient<ChatPkt> discovered(
      Publisher<List<InetSocketAddress>> directory, NodeId who, Consumer<DialEvent> log) {
    return PeerClient.create(Chat.CODEC)
        .remote(AddressSource.newestOf(directory))
        .expect(who)
        .reconnect(spec -> spec.backoff(Duration.ofSeconds(1), Duration.ofMinutes(1)))
        .timeouts(timeouts -> timeouts.idle(Duration.ofMinutes(2)))
        .doOnDial(log);
  }

  static PeerClient<ChatPkt> strict(PeerClient<ChatPkt> client) {
    return client.upgrade(
        UpgradePolicy.required()
            .postQuantum(UpgradePolicy.Mode.REQUIRED)
            .padding(Padding.toMultipleOf(256))
            .keepAlive(Duration.ofSeconds(30), Duration.ofSeconds(10)));
  }

  static Mono<String> negotiated(PeerConnection<ChatPkt> peer) {
    String session = peer.session().toString();
    return peer.session().protocol() == SessionParameters.Protocol.UPGRADED
        ? peer.ping().map(time -> session + ", answers in " + time)
        : Mono.just(session);
  }

  static Mono<Void> tell(PeerLink<ChatPkt> link, String text) {
    return link.connection().flatMap(peer -> peer.sendOne(Chat.say(text)));
  }

  static DisposablePeerServer join(
      PeerGroup<ChatPkt> group, NodeKey key, NodeId friend, InetSocketAddress where) {
    group.add(friend, PeerClient.create(key, Chat.CODEC).remote(where).expect(friend));
    return PeerServer.create(key, Chat.CODEC).handle(group::accept).bindNow();
  }

  static Mono<PeerConnection<ChatPkt>> survive(FaultProxy network, PeerLink<ChatPkt> link) {
    Mono<CloseReason> broken =
        link.connection()
            .flatMap(
                peer -> {
                  network.reset();
                  return peer.onClose();
                });
    return broken.then(link.connection());
  }

  static PeerClient<ChatPkt> throughTor(PeerClient<ChatPkt> client, NodeId peer, String password) {
    return client
        .proxy(SocksProxy.of("127.0.0.1", 9050).credentials(peer.toString(), password))
        .remote("vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion", 9735)
        .expect(peer);
  }
}
