package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.access.Authorizer;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.lightning.FeatureBits;
import io.fluxwire.lightning.InitSpec;
import io.fluxwire.lightning.LightningCodec;
import io.fluxwire.lightning.LightningPeer;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The commands with {@code --bolt8}, each against a node of the library's. */
@ExtendWith(NoStandardInput.class)
class Bolt8Test {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final byte[] BYTES = "a message".getBytes(StandardCharsets.UTF_8);
  private static final String BITCOIN =
      "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000";

  private final Said out = new Said();
  private final Said err = new Said();
  private DisposablePeerServer server;

  @AfterEach
  void stop() {
    System.setIn(InputStream.nullInputStream());
    if (server != null) {
      server.disposeNow(LIMIT);
    }
  }

  /** Starts a node; where it is, as the command line has it. */
  private String listen(PeerServer<?> peers) {
    server = peers.host("127.0.0.1").bindNow();
    return server.id() + "@127.0.0.1:" + server.port();
  }

  private static PeerServer<ByteBuf> lightning() {
    return PeerServer.create(NodeKey.generate(), LightningCodec.create()).dialects(Dialect.BOLT8);
  }

  /** A node that says these bytes first, and then nothing. */
  private static PeerServer<ByteBuf> saying(String hex) {
    ByteBuf message = Unpooled.unreleasableBuffer(message(hex));
    return lightning()
        .handle(peer -> peer.sendOne(message.duplicate()).thenMany(peer.receive()).then());
  }

  private static ByteBuf message(String hex) {
    return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex));
  }

  private int run(String... args) {
    return Main.run(new Output("out", out, false), new Output("err", err, true), args);
  }

  private String failure(String... args) {
    assertThat(run(args)).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines()).hasSize(1);
    return err.toString();
  }

  // hello

  @Test
  void helloSaysWhatThePeerCanDo() {
    String other = "ab".repeat(32);
    String node = listen(saying("0010 0000 0003 822002 01 40".replace(" ", "") + BITCOIN + other));

    assertThat(run("hello", "--bolt8", node)).as(err.toString()).isZero();
    assertThat(out.toString().lines())
        .satisfiesExactly(
            first ->
                assertThat(first)
                    .matches(
                        "hello from %s at 127\\.0\\.0\\.1:%d, handshake in [\\d,]+ ms"
                            .formatted(server.id(), server.port())),
            line -> assertThat(line).isEqualTo("feature 1 option_data_loss_protect, optional"),
            line -> assertThat(line).isEqualTo("feature 13 option_static_remotekey, optional"),
            line -> assertThat(line).isEqualTo("feature 17 basic_mpp, optional"),
            line -> assertThat(line).isEqualTo("feature 23 option_anchors, optional"),
            line -> assertThat(line).isEqualTo("networks: bitcoin, " + other));
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void helloSaysItInJson() {
    String node = listen(saying("0010" + "0001" + "01" + "0009" + "80" + "00".repeat(8)));

    assertThat(run("hello", "--bolt8", "--json", node)).as(err.toString()).isZero();
    assertThat(out.toString().strip())
        .matches(
            ("\\{'event':'init','peer':'%s','address':'127.0.0.1:%d','handshakeMillis':\\d+,"
                    + "'features':\\[\\{'bit':0,'name':'option_data_loss_protect','required':true\\},"
                    + "\\{'bit':71,'required':false\\}\\],'networks':\\[\\]\\}")
                .formatted(server.id(), server.port())
                .replace('\'', '"'));
  }

  /** Who says thousands of them fills nobody's screen. */
  @Test
  void helloShowsTheLowestOfManyFeatures() {
    String node = listen(saying("0010" + "0000" + "0064" + "ff".repeat(100)));

    assertThat(run("hello", "--bolt8", node)).as(err.toString()).isZero();
    assertThat(out.toString().lines())
        .filteredOn(line -> line.startsWith("feature "))
        .hasSize(64)
        .last()
        .isEqualTo("feature 63 option_splice, optional");
    assertThat(out.toString()).contains("features: and 736 more\n", "networks: none\n");
  }

  @Test
  void helloSaysWhatItIsToldToInItsInit() {
    Sinks.One<FeatureBits> heard = Sinks.one();
    InitSpec init = InitSpec.create().acceptUnknown();
    String node =
        listen(
            lightning()
                .handle(
                    peer ->
                        init.exchange(peer)
                            .doOnNext(dialler -> heard.tryEmitValue(dialler.features()))
                            .flatMapMany(LightningPeer::receive)
                            .then()));

    assertThat(run("hello", "--bolt8", "--features", "7,12,100", node)).isZero();
    assertThat(heard.asMono().block(LIMIT)).isEqualTo(FeatureBits.of(7, 12, 100));
    assertThat(out.toString()).contains("features: none");
  }

  @Test
  void aNodeWithAnotherId() {
    String place = listen(saying("001000000000")).replaceFirst(".*@", "");
    String id = NodeKey.generate().id().toString();

    assertThat(failure("hello", "--bolt8", place, "--expect", id))
        .contains("closed the connection before act two: it is not the node that was expected")
        .contains("(check the id and the port; a node that speaks version 3 is dialled without");
  }

  @Test
  void aNodeThatSpeaksVersion3() {
    assertThat(failure("hello", "--bolt8", listen(PeerServer.create())))
        .contains("it speaks version 3")
        .contains("a node that speaks version 3 is dialled without --bolt8");
  }

  @Test
  void aNodeThatSpeaksBolt8AndNotVersion3() {
    assertThat(failure("hello", listen(lightning())))
        .contains("(what listens there may be full, or no Fluxwire node")
        .contains("a Lightning node is dialled with --bolt8");
  }

  @Test
  void aServerThatSaysNothing() throws IOException {
    String id = NodeKey.generate().id().toString();
    // The system accepts for it.
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String node = id + "@127.0.0.1:" + silent.getLocalPort();
      assertThat(failure("hello", "--bolt8", node, "--timeout", "300ms"))
          .contains("not done within 300 ms: still waiting for the peer's act two")
          .contains("may be no Lightning node");
    }
  }

  @Test
  void aNodeThatSaysNoInit() {
    String node = listen(lightning().handle(peer -> peer.receive().then()));

    // The handshake has to be done within it, on a busy machine, too.
    assertThat(failure("hello", "--bolt8", node, "--timeout", "6s"))
        .contains("still waiting for init of " + server.id())
        .contains("start it as listen --bolt8 --hello");
  }

  @Test
  void aNodeThatHangsUpBeforeItsInit() {
    String node = listen(PeerServer.bolt8(NodeKey.generate()).handle(PeerConnection::close));

    assertThat(failure("hello", "--bolt8", node))
        .contains("before it sent its init")
        .contains("(the node may not let this one in");
  }

  @Test
  void aNodeThatDoesNotServeThisOne() {
    List<NodeId> known = List.of(NodeKey.generate().id());
    String node = listen(lightning().authorize(Authorizer.allowing(known)));

    assertThat(failure("hello", "--bolt8", node))
        .contains("is not authorized here (ask whoever runs it to let this id in)");
  }

  @Test
  void aNodeThatSaysAnErrorInstead() {
    String node = listen(lightning().handle(peer -> peer.closeWithError("no more peers, sorry")));

    assertThat(failure("hello", "--bolt8", node))
        .contains("no more peers, sorry")
        .contains("the peer ended the connection with this text");
  }

  // connect

  /** A command that runs, and what is typed into it. */
  private final class Running {

    private final PipedOutputStream typed = new PipedOutputStream();
    private final CompletableFuture<Integer> code;

    Running(String... args) throws IOException {
      System.setIn(new PipedInputStream(typed));
      code = CompletableFuture.supplyAsync(() -> run(args));
    }

    void type(String text) throws IOException {
      typed.write(text.getBytes(StandardCharsets.UTF_8));
      typed.flush();
    }

    int end() throws Exception {
      typed.close();
      return code.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  @Test
  void connectSendsEachLineAsAMessage() throws Exception {
    BlockingQueue<String> heard = new LinkedTransferQueue<>();
    String node =
        listen(
            PeerServer.bolt8(NodeKey.generate())
                .handle(
                    peer ->
                        peer.send(
                            peer.receive()
                                .doOnNext(m -> heard.add(m.toString(StandardCharsets.UTF_8)))
                                .map(ByteBuf::retain))));

    Running connect = new Running("connect", "--bolt8", node);
    connect.type("one\n\nZoë\n");
    for (String line : List.of("one", "", "Zoë")) {
      assertThat(heard.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(line);
    }
    assertThat(connect.end()).as(err.toString()).isZero();
    assertThat(out.toString()).isEqualTo("one\n\nZoë\n");
    assertThat(err.toString())
        .contains("connected to " + node.replace("@", " at ") + " (bolt8, ChaCha20-Poly1305)");
  }

  @Test
  void connectExchangesInitAnswersPingsAndTakesMessagesInHex() throws Exception {
    BlockingQueue<String> heard = new LinkedTransferQueue<>();
    InitSpec init = InitSpec.create().features(FeatureBits.of(0, 7)).acceptUnknown();
    String node =
        listen(
            lightning().handle(peer -> init.exchange(peer).flatMap(ready -> talk(ready, heard))));

    Running connect = new Running("connect", "--bolt8", "--init", node);
    connect.type("0109beef\nABCDEF\n");
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(heard.poll(LIMIT.toSeconds(), TimeUnit.SECONDS));
    }
    assertThat(all).containsExactlyInAnyOrder("0109beef", "abcdef", "a ping was answered");
    assertThat(all).containsSubsequence("0109beef", "abcdef");
    assertThat(connect.end()).as(err.toString()).isZero();
    assertThat(out.toString()).isEqualTo("0101cafe\n");
    assertThat(err.toString())
        .contains("hello from " + server.id() + ": features 0, 7; networks: none\n");
  }

  private static Mono<Void> talk(LightningPeer peer, BlockingQueue<String> heard) {
    Mono<Void> hearing =
        peer.receive().doOnNext(message -> heard.add(ByteBufUtil.hexDump(message))).then();
    Mono<Void> pinging =
        peer.ping()
            .flatMap(took -> peer.sendOne(message("0101cafe")))
            .doOnSuccess(sent -> heard.add("a ping was answered"));
    return hearing.and(pinging);
  }

  @Test
  void connectFailsBehindWhatIsNoMessage() throws Exception {
    Sinks.One<String> heard = Sinks.one();
    InitSpec init = InitSpec.create();
    String node =
        listen(
            lightning()
                .handle(
                    peer ->
                        init.exchange(peer)
                            .flatMapMany(LightningPeer::receive)
                            .doOnNext(message -> heard.tryEmitValue(ByteBufUtil.hexDump(message)))
                            .then()));

    Running connect = new Running("connect", "--bolt8", "--init", node);
    connect.type("0109\nhello\n");
    assertThat(connect.end()).isEqualTo(1);
    assertThat(heard.asMono().block(LIMIT)).isEqualTo("0109");
    assertThat(err.toString())
        .contains("connect: line 2 of standard input is not a message in hex: write two digits");
  }

  // listen

  /** A reader that hears each line, until it has gone. */
  private static final class Reader extends OutputStream {

    private final StringBuilder begun = new StringBuilder();
    private final BlockingQueue<String> lines = new LinkedTransferQueue<>();
    private volatile boolean gone;

    @Override
    public void write(int b) throws IOException {
      if (gone) {
        throw new IOException("Broken pipe");
      }
      if (b != '\n') {
        begun.append((char) b);
        return;
      }
      lines.add(begun.toString());
      begun.setLength(0);
    }

    String line() throws InterruptedException {
      return lines.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  /** A listener that runs until its reader has gone. */
  private static final class Listening {

    private final Reader out = new Reader();
    private final Reader err = new Reader();
    private final CompletableFuture<Integer> code;
    private final String[] place;

    Listening(String... more) throws InterruptedException {
      List<String> line = new ArrayList<>(List.of("listen", "--host", "127.0.0.1", "--port", "0"));
      line.addAll(List.of(more));
      code =
          CompletableFuture.supplyAsync(
              () ->
                  Main.run(
                      new Output("out", out, false),
                      new Output("err", err, true),
                      line.toArray(String[]::new)));
      place = out.line().split(" ");
    }

    PeerConnection<ByteBuf> dial(Dialect dialect) {
      return client(dialect).connectNow(LIMIT);
    }

    PeerClient<ByteBuf> client(Dialect dialect) {
      return PeerClient.create(NodeKey.generate(), LightningCodec.create())
          .dialect(dialect)
          .remote(HostAndPort.parse(place[1]))
          .expect(NodeId.parse(place[3]));
    }

    /** Has the reader go, which the next line finds out. */
    int end(Dialect dialect) throws Exception {
      out.gone = true;
      // The line of a peer that has just gone may be it, and then nobody answers any more.
      client(dialect).connect().doOnNext(Disposable::dispose).onErrorComplete().block(LIMIT);
      return code.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  @Test
  void listenExchangesInitAndStaysConnected() throws Exception {
    Listening node = new Listening("--bolt8", "--hello", "--features", "9");
    PeerConnection<ByteBuf> connection = node.dial(Dialect.BOLT8);
    assertThat(node.out.line()).endsWith(" (bolt8, ChaCha20-Poly1305)");
    LightningPeer peer =
        InitSpec.create().features(FeatureBits.of(15)).exchange(connection).block(LIMIT);

    assertThat(peer.features()).isEqualTo(FeatureBits.of(9));
    assertThat(node.out.line()).matches("hello from [0-9a-f]{66}: features 15; networks: none");
    peer.receive().subscribe(message -> {}, failure -> {});
    assertThat(peer.ping().block(LIMIT)).isPositive();
    peer.close().block(LIMIT);
    assertThat(node.end(Dialect.BOLT8)).isEqualTo(141);
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void listenTakesBothOnOnePort(Dialect dialect) throws Exception {
    Listening node = new Listening("--bolt8", "--v3", "--echo");
    PeerConnection<ByteBuf> peer = node.dial(dialect);
    Mono<String> echo =
        peer.receive().next().map(message -> message.toString(StandardCharsets.UTF_8));

    assertThat(
            echo.doOnSubscribe(
                    subscription -> peer.sendOne(Unpooled.wrappedBuffer(BYTES)).subscribe())
                .block(LIMIT))
        .isEqualTo("a message");
    assertThat(node.out.line())
        .contains(" connected from ", dialect == Dialect.BOLT8 ? " (bolt8, " : " (upgraded, ");
    peer.dispose();
    assertThat(node.end(dialect)).isEqualTo(141);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BOLT8 | --bolt8 | it speaks version 3 (listen --bolt8 --v3 takes peers",
        "V3    | --echo  | today's Lightning handshake (listen --bolt8 takes peers"
      })
  void whoSpeaksTheOtherIsRefusedWithTheOptionThatTakesIt(
      Dialect spoken, String option, String what) throws Exception {
    Listening node = new Listening(option);
    Dialect other = spoken == Dialect.V3 ? Dialect.BOLT8 : Dialect.V3;
    assertThat(catchThrowable(() -> node.client(other).connect().block(LIMIT)))
        .isInstanceOf(DialException.class);

    assertThat(node.err.line()).startsWith("refused 127.0.0.1:").contains(what);
    assertThat(node.end(spoken)).isEqualTo(141);
  }
}
