package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.access.Authorizer;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.StoredChannel;
import io.fluxwire.channel.disk.DiskChannelStore;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.proto.Pkt;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;

/** Whatever fails is said in one line: what, why, and what to do now, in no program's words. */
@ExtendWith(NoStandardInput.class)
class FailureMessagesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** What only whoever wrote a library can make something of. */
  private static final Pattern PROGRAMMERS_WORDS =
      Pattern.compile(
          "Exception|java\\.|io\\.netty|reactor|\\bnull\\b|Caused by|localhost/|\\(\\.\\.\\)|see the cause"
              + "|Failed to|\\[A\\(|SQLITE|\\$");

  @TempDir private Path folder;
  private final Said out = new Said();
  private final Said err = new Said();
  private DisposablePeerServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.disposeNow(LIMIT);
    }
  }

  /** Runs a line that fails; what it says. */
  private String failure(String... args) {
    int code = Main.run(new Output("out", out, false), new Output("err", err, true), args);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(code).as(err.toString()).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).startsWith(args[0] + ": ").doesNotContainPattern(PROGRAMMERS_WORDS);
    return err.toString().strip().substring(args[0].length() + 2);
  }

  private String listen(PeerServer<Pkt> peers) {
    server = peers.host("127.0.0.1").bindNow();
    return "127.0.0.1:" + server.port();
  }

  private Path file(String name, byte[] content) throws IOException {
    Path file = Files.write(folder.resolve(name), content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
    return file;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hello nosuch.invalid:1 | resolve failed: cannot resolve nosuch.invalid:1: | check the name",
        "connect nosuch.invalid:1 | the name is not known | check the name",
        "connect unix:/nosuch/socket | No such file or directory | that the node is started",
        "listen --host nosuch.invalid | cannot listen on nosuch.invalid:9735: the name is not known"
            + " | one of its own",
        "listen --host 203.0.113.1 | cannot listen on 203.0.113.1:9735: Cannot assign | one of its own",
        "listen --port 0 --http 0 --http-host 203.0.113.1 | Cannot assign | one of its own",
        "listen --unix /nosuch/socket | cannot listen on /nosuch/socket: No such file | its folder",
        "listen --unix / | a file at this path is not a socket | left as it is",
        "keygen /nosuch/key | /nosuch/key: its folder does not exist | make it first",
        "keygen / | a key is never overwritten | choose another file",
        "keygen /etc/hosts/key | /etc/hosts/key: cannot be written: Not a directory | cannot",
        "id /nosuch | /nosuch: no such file | fluxwire keygen FILE makes a key",
        "id / | /: not a regular file | regular",
        "hello h:1 --key /nosuch | /nosuch: no such file | fluxwire keygen FILE makes a key",
        "listen --port 0 --bans /nosuch | /nosuch: no such file | an empty one bans nobody",
        "listen --port 0 --bans / | /: Is a directory | directory"
      })
  void whatIsNotThere(String line, String what, String todo) {
    assertThat(failure(line.split(" "))).contains(what).contains(todo);
  }

  @Test
  void aPortWhereNobodyListens() throws IOException {
    try (Socket bound = new Socket()) {
      bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));

      assertThat(failure("connect", "127.0.0.1:" + bound.getLocalPort()))
          .contains("Connection refused (nothing listens there: check the port");
    }
  }

  @Test
  void aPortThatIsTaken() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());

      assertThat(failure("listen", "--port", "0", "--http", port))
          .isEqualTo(
              "cannot listen on 127.0.0.1:%s: Address already in use (another program listens there: end it, or choose another port or path)"
                  .formatted(port));
    }
  }

  @Test
  void aWebServer() throws Exception {
    assertThat(failure("hello", accepting("HTTP/1.1 400 Bad Request\r\n\r\n" + "x".repeat(99))))
        .contains("it speaks HTTP (what listens there is no Fluxwire node: check the port)");
  }

  @Test
  void whoClosesAtOnce() throws Exception {
    assertThat(failure("hello", accepting("")))
        .contains("closed the connection before")
        .contains("no Fluxwire node: check the port");
  }

  /** The address of one who says this to the first who comes, and closes. */
  private static String accepting(String says) throws IOException {
    ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    Thread answering =
        new Thread(
            () -> {
              try (listener;
                  Socket socket = listener.accept()) {
                socket.getInputStream().readNBytes(33);
                socket.getOutputStream().write(says.getBytes(StandardCharsets.US_ASCII));
              } catch (IOException e) {
                // What the dialler says of it is what counts.
              }
            });
    answering.setDaemon(true);
    answering.start();
    return "127.0.0.1:" + listener.getLocalPort();
  }

  @Test
  void whoSaysNothing() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(failure("hello", "127.0.0.1:" + silent.getLocalPort(), "--timeout", "300ms"))
          .contains("not done within 300 ms")
          .contains("may be no Fluxwire node");
    }
  }

  @Test
  void aNodeThatDoesNotKnowThisOne() {
    NodeKey known = NodeKey.generate();
    String remote = listen(PeerServer.create().authorize(Authorizer.allowing(List.of(known.id()))));

    assertThat(failure("connect", remote))
        .contains("is not authorized here (ask whoever runs it to let this id in)");
  }

  @Test
  void aNodeThatIsAnother() {
    String expected = NodeKey.generate().id().toString();

    assertThat(failure("hello", listen(PeerServer.create()), "--expect", expected))
        .contains("expected node " + expected + ", found " + server.id())
        .contains("if the peer has a new key");
  }

  @Test
  void aNodeOfTheOldVersion() {
    String remote = listen(PeerServer.create().upgrade(UpgradePolicy.off()));

    assertThat(failure("hello", remote, "--upgrade", "required"))
        .contains(
            "insists on an upgraded session, and the peer has none (leave out --upgrade required");
  }

  @Test
  void aNodeThatSaysNoHello() {
    String remote = listen(PeerServer.create().handle(peer -> Mono.empty()));

    assertThat(failure("hello", remote)).contains("start it as listen --hello");
  }

  @ParameterizedTest
  @CsvSource({
    "31,r--------,not a node key: want 32 raw bytes",
    "32,r--------,not a valid secp256k1 secret",
    "32,rw-r--r--,run: chmod 400"
  })
  void aFileThatIsNoKey(int size, String mode, String what) throws IOException {
    Path file = file("node.key", new byte[size]);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));

    assertThat(failure("listen", "--port", "0", "--key", file.toString()))
        .startsWith(file.toString())
        .contains(what);
  }

  @Test
  void aStoreThatIsNone() throws Exception {
    Path key = folder.resolve("node.key");
    NodeKey.generate().save(key);
    String peer = NodeKey.generate().id().toString();
    Path plain = file("plain", new byte[1]);

    String[] line = {
      "listen",
      "--port",
      "0",
      "--channel",
      "c",
      "--key",
      key.toString(),
      "--allow",
      peer,
      "--store",
      ""
    };
    line[line.length - 1] = plain.toString();
    assertThat(failure(line)).startsWith(plain.toString()).contains("cannot be read or written: ");
  }

  @Test
  void aStoreThatIsDamaged() throws Exception {
    Path key = folder.resolve("node.key");
    NodeKey.generate().save(key);
    Path store = folder.resolve("store");
    String[] line = {
      "connect",
      "nosuch.invalid:1",
      "--channel",
      "c",
      "--key",
      key.toString(),
      "--expect",
      NodeKey.generate().id().toString(),
      "--store",
      store.toString()
    };
    damage(store, line);

    assertThat(failure(line))
        .containsAnyOf("is damaged: ", "is not a file of this channel: ")
        .contains("ove it away");
  }

  /** Has the command make its store, and writes over it. */
  private static void damage(Path store, String[] line) throws Exception {
    ChannelKey key =
        new ChannelKey(NodeKey.load(Path.of(line[5])).id(), NodeId.parse(line[7]), "c");
    DiskChannelStore.create(store).open(key).flatMap(StoredChannel::close).block(LIMIT);
    try (Stream<Path> files = Files.list(store)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".channel")).toList()) {
        Files.write(file, "no store".repeat(1024).getBytes(StandardCharsets.US_ASCII));
      }
    }
  }
}
