package chat;

import chat.proto.ChatPkt;
import io.fluxwire.PeerConnection;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The tutorial's back-pressure: a fast writer and a slow reader. */
final class Feed {

  private Feed() {}

  static Flux<ChatPkt> endless() {
    return Flux.generate(
        () -> 0,
        (number, sink) -> {
          sink.next(Chat.say("line " + number));
          return number + 1;
        });
  }

  static DisposablePeerServer listen(NodeKey key, Flux<ChatPkt> source) {
    return PeerServer.create(key, Chat.CODEC)
        .handle(peer -> Mono.when(peer.send(source), peer.receive()))
        .bindNow();
  }

  static Flux<String> slowly(PeerConnection<ChatPkt> peer, Function<String, Mono<String>> store) {
    return peer.receive()
        .limitRate(1)
        .concatMap(packet -> store.apply(packet.getSay().getText()), 0);
  }
}
