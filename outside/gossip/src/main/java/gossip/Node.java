package gossip;

import com.google.protobuf.ByteString;
import gossip.wire.Answer;
import gossip.wire.Ask;
import gossip.wire.GossipPkt;
import gossip.wire.Ping;
import gossip.wire.Pong;
import gossip.wire.Rumour;
import io.fluxwire.NodeId;
import io.fluxwire.access.Authorizer;
import io.fluxwire.dial.PeerAddress;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.netty.ShutdownReport;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.request.RequestSpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A node of friends that tell each other rumours, ask each other questions, and ping. */
public final class Node {

  static final PacketCodec<GossipPkt> CODEC = PacketCodec.protobuf(GossipPkt.getDefaultInstance());

  private final NodeKey key;
  private final Consumer<String> said;
  private final RequestSpec<GossipPkt> requests = Requests.of(this);
  final PeerGroup<GossipPkt> group;
  private final AtomicLong numbers = new AtomicLong(System.currentTimeMillis());
  private final Set<String> seen =
      Collections.newSetFromMap(
          Collections.synchronizedMap(
              new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                  return size() > 10_000;
                }
              }));
  private DisposablePeerServer server;

  Node(NodeKey key, Consumer<String> said) {
    this.key = key;
    this.said = said;
    this.group = PeerGroup.of(key.id());
  }

  /** Listens, and lets in whom it knows; a port of 0 picks one. */
  int listen(int port, List<NodeId> friends) {
    group.changes().subscribe(change -> said.accept("* " + change));
    server =
        PeerServer.create(key, CODEC)
            .host("127.0.0.1")
            .port(port)
            .authorize(Authorizer.allowing(friends))
            .timeouts(limits -> limits.idle(Duration.ofSeconds(30)))
            .requests(requests)
            .handle(group::accept)
            .bindNow();
    return server.port();
  }

  void befriend(PeerAddress friend) {
    group.add(
        friend.id(),
        PeerClient.create(key, CODEC)
            .remote(friend)
            .timeouts(limits -> limits.idle(Duration.ofSeconds(30)))
            .requests(requests)
            .reconnect(waits -> waits.backoff(Duration.ofMillis(200), Duration.ofSeconds(5))));
  }

  Flux<String> pings() {
    return Flux.interval(Duration.ofSeconds(5))
        .onBackpressureDrop()
        .concatMap(tick -> Flux.fromIterable(group.peers()).flatMap(this::ping));
  }

  private Mono<String> ping(NodeId peer) {
    GossipPkt ping = GossipPkt.newBuilder().setPing(Ping.newBuilder().setId(0)).build();
    return group
        .request(peer, ping)
        .elapsed()
        .map(pong -> "ping " + peer.toShortString() + " " + pong.getT1() + "ms")
        .onErrorResume(failure -> Mono.just("ping failed " + failure));
  }

  static GossipPkt pong(Ping ping) {
    return GossipPkt.newBuilder().setPong(Pong.newBuilder().setId(ping.getId())).build();
  }

  Mono<String> ask(NodeId peer, String what) {
    GossipPkt ask = GossipPkt.newBuilder().setAsk(Ask.newBuilder().setId(0).setWhat(what)).build();
    return group
        .request(peer, ask)
        .map(GossipPkt::getAnswer)
        .flatMap(
            answer ->
                answer.hasFailure()
                    ? Mono.error(new IllegalStateException(answer.getFailure()))
                    : Mono.just(answer.getText()));
  }

  static GossipPkt answer(Ask ask) {
    return GossipPkt.newBuilder()
        .setAnswer(Answer.newBuilder().setId(ask.getId()).setText("you asked " + ask.getWhat()))
        .build();
  }

  Mono<Integer> say(String text) {
    Rumour rumour =
        Rumour.newBuilder()
            .setOrigin(ByteString.copyFrom(key.id().toBytes()))
            .setNumber(numbers.incrementAndGet())
            .setText(text)
            .build();
    seen.add(name(rumour));
    return group.sendToAll(GossipPkt.newBuilder().setRumour(rumour).build());
  }

  Mono<Void> heard(GossipPkt packet, NodeId from) {
    if (!seen.add(name(packet.getRumour()))) {
      return Mono.empty();
    }
    said.accept("> " + packet.getRumour().getText());
    return group.sendToAll(packet, from).then();
  }

  private static String name(Rumour rumour) {
    return HexFormat.of().formatHex(rumour.getOrigin().toByteArray()) + rumour.getNumber();
  }

  ShutdownReport stop() {
    group.closeGracefully().block();
    return server.disposeNow(Duration.ofSeconds(5));
  }

  /** Usage: {@code gossip.Node KEYFILE PORT [ID@HOST:PORT]...}. */
  public static void main(String[] args) throws IOException {
    NodeKey key = NodeKey.loadOrCreate(Path.of(args[0]));
    List<PeerAddress> friends = Arrays.stream(args).skip(2).map(PeerAddress::parse).toList();
    Node node = new Node(key, System.out::println);
    int port =
        node.listen(Integer.parseInt(args[1]), friends.stream().map(PeerAddress::id).toList());
    System.out.println(key.id() + " listens on port " + port);
    friends.forEach(node::befriend);
    node.pings().subscribe(System.out::println);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println(node.stop())));
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = in.readLine()) != null; ) {
      if (line.startsWith("/ask ")) {
        String what = line.substring(5);
        node.group.peers().forEach(peer -> System.out.println(node.ask(peer, what).block()));
      } else {
        System.out.println("told " + node.say(line).block());
      }
    }
  }
}
