package chat;

import chat.proto.ChatPkt;
import chat.proto.Say;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.access.Authorizer;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What both nodes are made of. */
public final class Chat {

  public static final PacketCodec<ChatPkt> CODEC =
      PacketCodec.protobuf(ChatPkt.getDefaultInstance());

  private Chat() {}

  static NodeKey key(Path file) throws IOException {
    return NodeKey.loadOrCreate(file);
  }

  record KeyService(NodeId id, Function<byte[], Mono<byte[]>> request) implements NodeIdentity {

    @Override
    public Mono<byte[]> sign(byte[] hash) {
      return request.apply(hash);
    }
  }

  public static ChatPkt say(String text) {
    return ChatPkt.newBuilder().setSay(Say.newBuilder().setText(text)).build();
  }

  static DisposablePeerServer listen(NodeIdentity key, int port, List<NodeId> friends) {
    return PeerServer.create(key, CODEC)
        .port(port)
        .authorize(Authorizer.allowing(friends))
        .handle(Chat::answer)
        .bindNow();
  }

  private static Mono<Void> answer(PeerConnection<ChatPkt> peer) {
    Flux<ChatPkt> answers =
        peer.receive()
            .filter(ChatPkt::hasSay)
            .map(packet -> say(packet.getSay().getText().toUpperCase(Locale.ROOT)));
    return peer.send(answers);
  }

  static Mono<PeerConnection<ChatPkt>> dial(NodeKey key, InetSocketAddress where, NodeId who) {
    return PeerClient.create(key, CODEC).remote(where).expect(who).connect();
  }

  static Flux<String> talk(PeerConnection<ChatPkt> peer, Flux<String> lines) {
    Flux<String> answers = peer.receive().map(packet -> packet.getSay().getText());
    Mono<Void> sending = peer.send(lines.map(Chat::say)).then(peer.close());
    return answers.mergeWith(sending.then(Mono.empty()));
  }
}
