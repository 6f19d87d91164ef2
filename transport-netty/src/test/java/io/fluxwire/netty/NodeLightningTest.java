package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.identity.NodeKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** BOLT 8 with Node-Lightning's, of npm, which nobody here wrote, in either role. */
@Tag("processes")
class NodeLightningTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Path SOURCES = Path.of("src", "test", "noise");
  private static final int[] SIZES = {1, 2, 64, 65, 1_000, 4_096, 16_384, 65_535};
  private static final int MESSAGES = 1_000 * SIZES.length;

  @TempDir static Path folder;

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
  static void install() throws Exception {
    for (String name : List.of("package.json", "package-lock.json", "node.js")) {
      Files.copy(SOURCES.resolve(name), folder.resolve(name));
    }
    Interop.requireThat(
        installs(), "npm cannot install @node-lightning/noise here: it takes npm and its registry");
  }

  private static boolean installs() throws InterruptedException {
    try {
      Process npm =
          new ProcessBuilder("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!npm.waitFor(2, TimeUnit.MINUTES)) {
        npm.destroyForcibly();
      }
      return npm.waitFor() == 0;
    } catch (IOException e) {
      // There is no npm.
      return false;
    }
  }

  @AfterEach
  void stop() {
    nodes.forEach(Process::destroyForcibly);
    servers.forEach(server -> server.disposeNow(LIMIT));
  }

  private Process node(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("node", "node.js"));
    command.addAll(List.of(arguments));
    File errors = folder.resolve("errors").toFile();
    Process node =
        new ProcessBuilder(command).directory(folder.toFile()).redirectError(errors).start();
    nodes.add(node);
    BufferedReader said =
        new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8));
    assertThat(said.readLine()).as("what the other node says first").isEqualTo("ready");
    return node;
  }

  private static List<byte[]> messages() {
    List<byte[]> messages = new ArrayList<>();
    for (int i = 0; i < MESSAGES; i++) {
      byte[] message = new byte[SIZES[i % SIZES.length]];
      Arrays.fill(message, (byte) i);
      messages.add(message);
    }
    return messages;
  }

  private static Flux<ByteBuf> asked(String question, List<byte[]> messages) {
    return Flux.concat(
            Flux.just(question.getBytes(StandardCharsets.US_ASCII)), Flux.fromIterable(messages))
        .map(Unpooled::copiedBuffer);
  }

  /** It answers by the hash of what it got. */
  private static Mono<byte[]> summed(PeerConnection<ByteBuf> peer) {
    int size = messages().stream().mapToInt(message -> message.length).sum();
    return peer.receive()
        .doOnSubscribe(ignored -> peer.send(asked("sum " + size, messages())).subscribe())
        .map(ByteBufUtil::getBytes)
        .next();
  }

  private static byte[] sum() throws NoSuchAlgorithmException {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    messages().forEach(sha256::update);
    return sha256.digest();
  }

  private static Mono<List<byte[]>> poured(PeerConnection<ByteBuf> peer) {
    return peer.receive()
        .doOnSubscribe(ignored -> peer.send(asked("pour " + MESSAGES, List.of())).subscribe())
        .map(ByteBufUtil::getBytes)
        .take(MESSAGES)
        .collectList();
  }

  private PeerConnection<ByteBuf> dialed() throws IOException {
    int port = freePort();
    node("listen", Integer.toString(port));
    return PeerClient.bolt8(ours).remote("127.0.0.1", port).expect(theirs.id()).connectNow(LIMIT);
  }

  private <T> Mono<T> dialing(Function<PeerConnection<ByteBuf>, Mono<T>> what) throws IOException {
    Sinks.One<T> done = Sinks.one();
    DisposablePeerServer server =
        PeerServer.bolt8(ours)
            .host("127.0.0.1")
            .authorize(peer -> Mono.just(peer.id().equals(theirs.id())))
            .handle(peer -> what.apply(peer).doOnNext(done::tryEmitValue).then())
            .bindNow(LIMIT);
    servers.add(server);
    node("connect", Integer.toString(server.port()), ours.id().toString());
    return done.asMono();
  }

  @Test
  void itIsDialedAndOpensEverySizeOverRotations() throws Exception {
    assertThat(summed(dialed()).block(LIMIT)).isEqualTo(sum());
  }

  @Test
  void itIsDialedAndSealsEverySizeOverRotations() throws IOException {
    assertThat(poured(dialed()).block(LIMIT)).containsExactlyElementsOf(messages());
  }

  @Test
  void itDialsAndOpensEverySizeOverRotations() throws Exception {
    assertThat(dialing(NodeLightningTest::summed).block(LIMIT)).isEqualTo(sum());
  }

  @Test
  void itDialsAndSealsEverySizeOverRotations() throws IOException {
    assertThat(dialing(NodeLightningTest::poured).block(LIMIT))
        .containsExactlyElementsOf(messages());
  }

  @Test
  void itIsDialedAgainAfterItWasKilled() throws Exception {
    String port = Integer.toString(freePort());
    Process first = node("listen", port);
    Sinks.Many<PeerConnection<ByteBuf>> made = Sinks.many().replay().all();
    Disposable dialing =
        PeerClient.bolt8(ours)
            .remote("127.0.0.1", Integer.parseInt(port))
            .expect(theirs.id())
            .reconnect(spec -> spec.backoff(Duration.ofMillis(10), Duration.ofMillis(100)))
            .connections()
            .subscribe(made::tryEmitNext);
    killed(first, made.asFlux().blockFirst(LIMIT));
    node("listen", port);
    assertThat(summed(made.asFlux().elementAt(1).block(LIMIT)).block(LIMIT)).isEqualTo(sum());
    dialing.dispose();
  }

  @Test
  void itDialsAgainAfterItWasKilled() throws Exception {
    Sinks.Many<PeerConnection<ByteBuf>> met = Sinks.many().replay().all();
    DisposablePeerServer server =
        PeerServer.bolt8(ours)
            .host("127.0.0.1")
            .handle(
                peer -> {
                  met.tryEmitNext(peer);
                  return peer.onClose().then();
                })
            .bindNow(LIMIT);
    servers.add(server);
    String[] connect = {"connect", Integer.toString(server.port()), ours.id().toString()};
    killed(node(connect), met.asFlux().blockFirst(LIMIT));
    node(connect);
    PeerConnection<ByteBuf> after = met.asFlux().elementAt(1).block(LIMIT);
    assertThat(after.remoteId()).isEqualTo(theirs.id());
    assertThat(summed(after).block(LIMIT)).isEqualTo(sum());
  }

  /** In the middle of what it was asked to do. */
  private static void killed(Process node, PeerConnection<ByteBuf> peer) {
    Flux<ByteBuf> endless = Flux.range(0, Integer.MAX_VALUE).map(i -> message());
    Mono<Void> sending = peer.send(Flux.concat(asked("sum 1000000000", List.of()), endless));
    sending.subscribe(null, gone -> {});
    Mono<ByteBuf> answer = peer.receive().next();
    answer.subscribe(null, gone -> {});
    node.destroyForcibly().onExit().join();
    assertThat(peer.onClose().block(LIMIT).reason())
        .isIn(Reason.CLOSED_UNAUTHENTICATED, Reason.CONNECTION_LOST);
  }

  private static ByteBuf message() {
    return Unpooled.buffer(1_000).writeZero(1_000);
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
