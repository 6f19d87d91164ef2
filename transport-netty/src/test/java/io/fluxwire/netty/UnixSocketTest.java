package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.observe.FluxwireMeters;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.netty.ChannelBindException;

/** Peers that meet at a path, and the file there. */
class UnixSocketTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init")
  private Path path;

  private final List<DisposablePeerServer> servers = new CopyOnWriteArrayList<>();

  @BeforeEach
  void choosePath() {
    path = folder.resolve("node.sock");
  }

  @AfterEach
  void stop() {
    servers.forEach(server -> server.disposeNow(LIMIT));
  }

  private DisposablePeerServer listen() {
    return listen(PeerServer.create());
  }

  private DisposablePeerServer listen(PeerServer<?> server) {
    DisposablePeerServer listening = server.bindAddress(UnixDomainSocketAddress.of(path)).bindNow();
    servers.add(listening);
    return listening;
  }

  private PeerClient<Pkt> client() {
    return PeerClient.create().remote(UnixDomainSocketAddress.of(path));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private void assertThatItAnswers(DisposablePeerServer server) {
    PeerConnection<Pkt> peer = client().expect(server.id()).connect().block(LIMIT);
    peer.close().block(LIMIT);
  }

  private static void leaveStale(Path socket) throws IOException {
    try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.bind(UnixDomainSocketAddress.of(socket));
    }
    assertThat(socket).exists();
  }

  @ParameterizedTest
  @EnumSource(Loops.class)
  void answersThatAreOnTheirWayReachAPeerThatHasEndedItsStream(Loops loops) {
    DisposablePeerServer server =
        listen(
            PeerServer.create(PacketCodec.raw())
                .tcp(loops::server)
                .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain))));
    Flux<ByteBuf> packets =
        Flux.range(0, 20_000).map(i -> Unpooled.buffer(16).writeLong(i).writeLong(0));
    List<Long> answers =
        PeerClient.create(PacketCodec.raw())
            .tcp(loops::client)
            .remote(server.address())
            .expect(server.id())
            .connect()
            .flatMapMany(
                peer -> {
                  peer.send(packets).then(peer.close()).subscribe();
                  return peer.receive().map(ByteBuf::readLong);
                })
            .collectList()
            .block(LIMIT);

    assertThat(answers).hasSize(20_000).isSorted();
  }

  @ParameterizedTest
  @EnumSource(Loops.class)
  void bothEndsHaveTheAddressOfTheSocket(Loops loops) {
    List<SocketAddress> accepted = new CopyOnWriteArrayList<>();
    DisposablePeerServer server =
        listen(
            PeerServer.create()
                .tcp(loops::server)
                .handle(
                    peer -> {
                      accepted.add(peer.remoteAddress());
                      accepted.add(peer.localAddress());
                      return Mono.empty();
                    }));
    SocketAddress address = UnixDomainSocketAddress.of(path);
    PeerConnection<Pkt> peer =
        PeerClient.create()
            .tcp(loops::client)
            .remote(new DomainSocketAddress(path.toString()))
            .connect()
            .block(LIMIT);
    peer.onClose().block(LIMIT);

    assertThat(server.address()).isEqualTo(address);
    assertThat(List.of(peer.remoteAddress(), peer.localAddress())).containsOnly(address);
    assertThat(accepted).hasSize(2).containsOnly(address);
    assertThat(server).asString().contains(" at unix:" + path + ",");
    assertThat(peer).asString().contains(" at unix:" + path);
    assertThatThrownBy(server::port)
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("unix:" + path);
  }

  @ParameterizedTest
  @EnumSource(Loops.class)
  void theFileIsItsOwnersAloneAndGoesWithTheServer(Loops loops) throws IOException {
    DisposablePeerServer server = listen(PeerServer.create().tcp(loops::server));

    assertThat(files()).containsExactly("node.sock");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    server.disposeNow(LIMIT);
    assertThat(files()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Loops.class)
  void aSocketThatWasLeftBehindIsReplaced(Loops loops) throws IOException {
    leaveStale(path);

    DisposablePeerServer server = listen(PeerServer.create().tcp(loops::server));

    assertThatItAnswers(server);
    assertThat(files()).containsExactly("node.sock");
  }

  @ParameterizedTest
  @EnumSource(Loops.class)
  void aSocketThatIsInUseIsNotReplaced(Loops loops) throws IOException {
    DisposablePeerServer first = listen();

    assertThatThrownBy(() -> listen(PeerServer.create().tcp(loops::server)))
        .isInstanceOf(ChannelBindException.class)
        .hasMessageContaining(path.toString())
        .hasRootCauseMessage("the path is in use: another server listens on it");
    assertThatItAnswers(first);
    assertThat(files()).containsExactly("node.sock");
  }

  @Test
  void ofManyThatFindAStaleSocketOneReplacesIt() throws IOException {
    leaveStale(path);
    PeerServer<Pkt> server = PeerServer.create().bindAddress(UnixDomainSocketAddress.of(path));

    List<DisposablePeerServer> bound =
        Flux.range(0, 16)
            .flatMap(i -> server.bind().onErrorComplete(ChannelBindException.class), 16)
            .collectList()
            .block(LIMIT);
    servers.addAll(bound);

    assertThat(bound).hasSize(1);
    assertThatItAnswers(bound.get(0));
    assertThat(files()).containsExactly("node.sock");
  }

  @ParameterizedTest
  @EnumSource(Loops.class)
  void aStartThatIsGivenUpOnceItIsBoundLeavesNothing(Loops loops) throws Exception {
    // The application is told that it is bound while the start goes on: one may be done by then.
    int attempt = 0;
    while (!isGivenUp(loops)) {
      assertThat(attempt++).as("starts that were done before they were given up").isLessThan(100);
      servers.forEach(server -> server.disposeNow(LIMIT));
      servers.clear();
    }
    assertThat(servers).isEmpty();
  }

  /** Returns false if the server was there first. */
  private boolean isGivenUp(Loops loops) throws Exception {
    Sinks.Empty<Void> givenUp = Sinks.empty();
    PeerServer<Pkt> server =
        PeerServer.create()
            .tcp(tcp -> loops.server(tcp).doOnBound(bound -> givenUp.tryEmitEmpty()))
            .bindAddress(UnixDomainSocketAddress.of(path));
    server.bind().takeUntilOther(givenUp.asMono()).subscribe(servers::add);
    givenUp.asMono().block(LIMIT);

    // Its channel is closed on its event loop.
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (servers.isEmpty() && !files().isEmpty()) {
      assertThat(System.nanoTime()).as("%s stay", files()).isLessThan(deadline);
      Thread.sleep(10);
    }
    return servers.isEmpty();
  }

  @Test
  void whatIsNoSocketStays() throws IOException {
    Files.writeString(path, "precious");

    assertThatThrownBy(this::listen)
        .isInstanceOf(ChannelBindException.class)
        .hasRootCauseMessage("a file at this path is not a socket; it was left as it is");
    assertThat(path).hasContent("precious");
    Files.delete(path);
    Path elsewhere = folder.resolve("elsewhere");
    leaveStale(elsewhere);
    Files.createSymbolicLink(path, elsewhere);
    assertThatThrownBy(this::listen).isInstanceOf(ChannelBindException.class);
    assertThat(files()).containsExactly("elsewhere", "node.sock");
  }

  @Test
  void aFileThatIsAnothersByNowStaysWhenTheServerGoes() throws IOException {
    DisposablePeerServer first = listen();
    Files.delete(path);
    DisposablePeerServer second = listen();

    first.disposeNow(LIMIT);

    assertThatItAnswers(second);
  }

  @ParameterizedTest
  @EnumSource(Loops.class)
  void aPathThatIsTooLongIsRefusedAndNotCutOff(Loops loops) throws IOException {
    path = folder.resolve("x".repeat(120));

    assertThatThrownBy(() -> listen(PeerServer.create().tcp(loops::server)))
        .isInstanceOf(ChannelBindException.class)
        .rootCause()
        .hasMessageMatching("the path of a Unix socket has 1 to \\d+ bytes, not \\d+");
    assertThatThrownBy(() -> client().tcp(loops::client).connect().block(LIMIT))
        .isInstanceOf(DialException.class)
        .hasMessageContaining("the path of a Unix socket has 1 to ");
    assertThat(files()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Loops.class)
  void whatCannotBeReachedSaysWhy(Loops loops) throws IOException {
    PeerClient<Pkt> client = client().tcp(loops::client);

    assertThatThrownBy(() -> client.connect().block(LIMIT))
        .isInstanceOf(DialException.class)
        .hasMessageEndingWith("unix:" + path + ": No such file or directory");
    leaveStale(path);
    assertThatThrownBy(() -> client.connect().block(LIMIT))
        .isInstanceOf(DialException.class)
        .hasMessageEndingWith("unix:" + path + ": Connection refused");
  }

  @ParameterizedTest
  @EnumSource(Loops.class)
  void noOptionOfTcpIsSetOfWhichReactorNettyWouldWarn(Loops loops) {
    Logger logger = (Logger) LoggerFactory.getLogger("reactor.netty");
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    // Event loops may be logging still when it is looked at.
    logged.list = new CopyOnWriteArrayList<>();
    logged.start();
    Level level = logger.getLevel();
    // So that something is logged at all.
    logger.setLevel(Level.DEBUG);
    logger.addAppender(logged);
    try {
      listen(
          PeerServer.create()
              .tcp(tcp -> loops.server(tcp).childOption(ChannelOption.SO_LINGER, 5))
              .handle(peer -> Mono.empty()));
      client()
          .tcp(tcp -> loops.client(tcp).option(ChannelOption.TCP_NODELAY, true))
          .connect()
          .flatMap(PeerConnection::onClose)
          .block(LIMIT);
    } finally {
      logger.detachAppender(logged);
      logger.setLevel(level);
    }

    assertThat(logged.list).isNotEmpty().noneMatch(e -> e.getLevel().isGreaterOrEqual(Level.WARN));
  }

  @Test
  void aClientFindsTheServerThatIsStartedAgain() {
    DisposablePeerServer first = listen();
    // Listening blocks, and the first one's end is told on an event loop.
    Mono<Void> again =
        first
            .onDispose()
            .publishOn(Schedulers.boundedElastic())
            .then(Mono.<Void>fromRunnable(this::listen))
            .cache();
    List<PeerConnection<Pkt>> connected = new CopyOnWriteArrayList<>();
    Mono<PeerConnection<Pkt>> second =
        client()
            .reconnect(spec -> spec.backoff(Duration.ofMillis(10), Duration.ofSeconds(1)))
            .connections()
            .doOnNext(connected::add)
            .doOnNext(
                peer -> {
                  if (connected.size() == 1) {
                    again.subscribe();
                    first.dispose();
                  }
                })
            .skip(1)
            .next();

    assertThat(second.block(LIMIT).remoteId()).isNotEqualTo(first.id());
    again.block(LIMIT);
  }

  @Test
  void peersByASocketCountInAllAndNotAsOneAddress() {
    List<HandshakeFailure> refused = new CopyOnWriteArrayList<>();
    listen(
        PeerServer.create()
            .limits(limits -> limits.connections(12).perIpv4Address(1).handshakes(64, 1))
            .handle(peer -> peer.receive().then())
            .doOnHandshakeFailure(refused::add));
    List<PeerConnection<Pkt>> peers =
        Flux.range(0, 12).flatMap(i -> client().connect(), 12).collectList().block(LIMIT);

    assertThat(peers).hasSize(12);
    assertThatThrownBy(() -> client().connect().block(LIMIT)).isInstanceOf(DialException.class);
    // The client may know of it before the server has told whom it refused.
    Flux.interval(Duration.ofMillis(5)).takeUntil(tick -> !refused.isEmpty()).blockLast(LIMIT);
    HandshakeFailure last = refused.get(0);
    assertThat(refused).hasSize(1);
    assertThat(last.cause().reason()).isEqualTo(Reason.TOO_MANY_CONNECTIONS);
    assertThat(last.remoteAddress()).isEqualTo(UnixDomainSocketAddress.of(path));
    assertThat(last).asString().startsWith("unix:" + path + ": ");
    Flux.fromIterable(peers).flatMap(PeerConnection::close).blockLast(LIMIT);
  }

  @Test
  void metersKnowTheFamily() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    DisposablePeerServer server =
        listen(PeerServer.create().handle(peer -> peer.send(peer.receive())));
    PeerConnection<Pkt> peer =
        client().meterRegistry(meters).expect(server.id()).connect().block(LIMIT);

    assertThat(peer.sendOne(Hello.packet()).then(peer.receive().next()).block(LIMIT))
        .matches(Hello::is);
    assertThat(
            meters
                .get(FluxwireMeters.DIAL_ATTEMPTS.getName())
                .tags("outcome", "success", "family", "unix")
                .counter()
                .count())
        .isOne();
    peer.close().block(LIMIT);
  }
}
