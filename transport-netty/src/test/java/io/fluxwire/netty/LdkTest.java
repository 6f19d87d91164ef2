package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.lightning.FeatureBits;
import io.fluxwire.lightning.InitSpec;
import io.fluxwire.lightning.LightningCodec;
import io.fluxwire.lightning.LightningPeer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** BOLT 8 with LDK, an implementation that nobody here wrote, in either role. */
@Tag("processes")
class LdkTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** LDK hangs up on an init without static_remote_key. */
  private static final FeatureBits FEATURES = FeatureBits.of(13);

  /** Sizes of pings and pongs, up to what a message can have. */
  private static final int[] SIZES = {6, 7, 64, 65, 1_000, 4_096, 16_384, 65_534};

  private static final int MESSAGES = 1_000 * SIZES.length;

  private final NodeKey ours = NodeKey.generate();
  private final NodeKey theirs = NodeKey.of(secret());
  private final List<Process> nodes = new ArrayList<>();
  private final List<DisposablePeerServer> servers = new ArrayList<>();

  private static byte[] secret() {
    byte[] secret = new byte[32];
    secret[31] = 7;
    return secret;
  }

  @BeforeAll
  static void itsLibraryIsForThisPlatform() {
    Interop.requireThat(
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64"),
        "LDK's jar has a library for Linux on x86-64 alone");
  }

  @AfterEach
  void stop() {
    nodes.forEach(Process::destroyForcibly);
    servers.forEach(server -> server.disposeNow(LIMIT));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private Process node(int port) throws IOException {
    Process node =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                LdkNode.class.getName(),
                Integer.toString(port),
                "00".repeat(31) + "07")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    nodes.add(node);
    BufferedReader said =
        new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8));
    for (String line = said.readLine(); !"ready".equals(line); line = said.readLine()) {
      assertThat(line).as("LDK's node says that it is ready").isNotNull();
    }
    return node;
  }

  private PeerClient<ByteBuf> client(int port) {
    return PeerClient.create(ours, LightningCodec.create())
        .dialect(Dialect.BOLT8)
        .remote("127.0.0.1", port)
        .expect(theirs.id());
  }

  private static InitSpec init() {
    return InitSpec.create().features(FEATURES).acceptUnknown();
  }

  /** LDK answers each ping by as many bytes as it asks for, which makes messages both ways. */
  private static Mono<List<Integer>> pinged(PeerConnection<ByteBuf> peer) {
    Flux<ByteBuf> pings =
        Flux.range(0, MESSAGES)
            .map(i -> SIZES[i % SIZES.length])
            .map(
                size ->
                    Unpooled.buffer(size)
                        .writeShort(18)
                        .writeShort(size - 4)
                        .writeShort(size - 6)
                        .writeZero(size - 6));
    Mono<ByteBuf> init = Mono.fromSupplier(LdkTest::initMessage);
    return peer.receive()
        .doOnSubscribe(ignored -> peer.send(Flux.concat(init, pings)).subscribe())
        .filter(message -> LightningPeer.typeOf(message) == 19)
        .map(ByteBuf::readableBytes)
        .take(MESSAGES)
        .collectList();
  }

  private static ByteBuf initMessage() {
    return Unpooled.buffer().writeShort(16).writeShort(0).writeShort(2).writeShort(1 << 13);
  }

  private static List<Integer> expected() {
    return IntStream.range(0, MESSAGES).mapToObj(i -> SIZES[i % SIZES.length]).toList();
  }

  @Test
  void itIsDialledAndAnswersEverySizeOverRotations() throws IOException {
    int port = freePort();
    node(port);
    PeerConnection<ByteBuf> peer = client(port).connectNow(LIMIT);
    assertThat(peer.remoteId()).isEqualTo(theirs.id());
    assertThat(pinged(peer).block(LIMIT)).isEqualTo(expected());
    peer.close().block(LIMIT);
  }

  @Test
  void itDialsAndAnswersEverySizeOverRotations() throws IOException {
    Sinks.One<NodeId> met = Sinks.one();
    Sinks.One<List<Integer>> answers = Sinks.one();
    DisposablePeerServer server =
        PeerServer.create(ours, LightningCodec.create())
            .dialects(Dialect.BOLT8)
            .host("127.0.0.1")
            .handle(
                peer -> {
                  met.tryEmitValue(peer.remoteId());
                  return pinged(peer).doOnNext(answers::tryEmitValue).then();
                })
            .bindNow(LIMIT);
    servers.add(server);
    dial(node(freePort()), server);
    assertThat(met.asMono().block(LIMIT)).isEqualTo(theirs.id());
    assertThat(answers.asMono().block(LIMIT)).isEqualTo(expected());
  }

  private void dial(Process node, DisposablePeerServer server) {
    PrintStream orders = new PrintStream(node.getOutputStream(), true, StandardCharsets.UTF_8);
    orders.println(ours.id() + " " + server.port());
  }

  @Test
  void initIsExchangedAndPingsAreMeasured() throws IOException {
    int port = freePort();
    node(port);
    LightningPeer peer = client(port).connect().flatMap(init()::exchange).block(LIMIT);
    assertThat(peer.features().stream()).isNotEmpty();
    peer.receive().subscribe(message -> {}, failure -> {});
    assertThat(peer.ping().block(LIMIT)).isPositive();
    assertThat(peer.ping().block(LIMIT)).isPositive();
    peer.close().block(LIMIT);
  }

  @Test
  void itHangsUpOnAnInitWithoutFeatures() throws IOException {
    int port = freePort();
    node(port);
    PeerConnection<ByteBuf> peer = client(port).connectNow(LIMIT);
    InitSpec empty = InitSpec.create().acceptUnknown();
    empty.exchange(peer).flatMapMany(LightningPeer::receive).onErrorComplete().blockLast(LIMIT);
    assertThat(peer.onClose().block(LIMIT).reason())
        .isIn(Reason.CLOSED_UNAUTHENTICATED, Reason.CONNECTION_LOST);
  }

  @Test
  void itIsDialledAgainAfterItWasKilled() throws IOException {
    int port = freePort();
    Process first = node(port);
    Sinks.Many<LightningPeer> ready = Sinks.many().replay().all();
    reactor.core.Disposable dialling =
        client(port)
            .reconnect(spec -> spec.backoff(Duration.ofMillis(10), Duration.ofMillis(100)))
            .connections()
            .flatMap(peer -> init().exchange(peer).onErrorComplete())
            .subscribe(ready::tryEmitNext);
    LightningPeer before = ready.asFlux().blockFirst(LIMIT);
    before.receive().subscribe(message -> {}, failure -> {});
    first.destroyForcibly().onExit().join();
    assertThat(before.onClose().block(LIMIT).reason())
        .isIn(Reason.CLOSED_UNAUTHENTICATED, Reason.CONNECTION_LOST);
    node(port);
    LightningPeer after = ready.asFlux().elementAt(1).block(LIMIT);
    after.receive().subscribe(message -> {}, failure -> {});
    assertThat(after.ping().block(LIMIT)).isPositive();
    dialling.dispose();
  }

  @Test
  void itDialsAgainAfterItWasKilled() throws IOException {
    Sinks.Many<PeerConnection<ByteBuf>> met = Sinks.many().replay().all();
    DisposablePeerServer server =
        PeerServer.create(ours, LightningCodec.create())
            .dialects(Dialect.BOLT8)
            .host("127.0.0.1")
            .handle(
                peer -> {
                  met.tryEmitNext(peer);
                  return peer.onClose().then();
                })
            .bindNow(LIMIT);
    servers.add(server);
    Process first = node(freePort());
    dial(first, server);
    PeerConnection<ByteBuf> before = met.asFlux().blockFirst(LIMIT);
    LightningPeer talking = init().exchange(before).block(LIMIT);
    talking.receive().subscribe(message -> {}, failure -> {});
    assertThat(talking.ping().block(LIMIT)).isPositive();
    first.destroyForcibly().onExit().join();
    assertThat(before.onClose().block(LIMIT).reason())
        .isIn(Reason.CLOSED_UNAUTHENTICATED, Reason.CONNECTION_LOST);
    dial(node(freePort()), server);
    PeerConnection<ByteBuf> after = met.asFlux().elementAt(1).block(LIMIT);
    assertThat(after.remoteId()).isEqualTo(theirs.id());
    LightningPeer again = init().exchange(after).block(LIMIT);
    again.receive().subscribe(message -> {}, failure -> {});
    assertThat(again.ping().block(LIMIT)).isPositive();
  }

  @Test
  void whoMeansAnotherNodeGetsNoAnswer() throws IOException {
    int port = freePort();
    node(port);
    Throwable thrown =
        catchThrowable(() -> client(port).expect(NodeKey.generate().id()).connect().block(LIMIT));
    assertThat(thrown).hasMessageContaining("before act two");
  }
}
