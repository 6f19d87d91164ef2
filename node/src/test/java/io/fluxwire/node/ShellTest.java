package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/** What a shell does with the command line: pipes, devices, files, and nobody who reads. */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("processes")
class ShellTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path folder;
  private DisposablePeerServer server;
  private Process process;

  @AfterEach
  void stop() {
    if (process != null) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    if (server != null) {
      server.disposeNow(LIMIT);
    }
  }

  private record Run(int status, byte[] out, String err) {}

  /** Runs a line of shell, in which $F is the command and $S the server's address. */
  private Run shell(String line) throws Exception {
    start(line, folder.resolve("out"));
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).as("it ends").isTrue();
    return new Run(
        process.exitValue(),
        Files.readAllBytes(folder.resolve("out")),
        Files.readString(folder.resolve("err")));
  }

  private void start(String line, Path out) throws IOException {
    // As ./fluxwire does, so that newer JDKs print no warnings.
    String flags =
        Runtime.version().feature() >= 24
            ? "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
            : "";
    Path command =
        Files.writeString(
            folder.resolve("fluxwire"),
            "exec '%s' %s $J -XX:TieredStopAtLevel=1 -cp '%s' %s \"$@\"\n"
                .formatted(
                    Path.of(System.getProperty("java.home"), "bin", "java"),
                    flags,
                    System.getProperty("java.class.path"),
                    Main.class.getName()));
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", line)
            .redirectOutput(out.toFile())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().put("F", "sh " + command);
    builder.environment().put("J", "-Xmx256m");
    builder.environment().put("S", server == null ? "" : "127.0.0.1:" + server.port());
    process = builder.start();
  }

  private void echo() {
    server =
        PeerServer.create(PacketCodec.raw().allowShortPayloads())
            .host("127.0.0.1")
            .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain)))
            .bindNow();
  }

  /** Bound, so that nobody else takes it, but not listening. */
  private static Socket dead() throws IOException {
    Socket dead = new Socket();
    dead.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return dead;
  }

  @Test
  void whoReadsTheHeadEndsTheCommand() throws Exception {
    echo();

    Run run = shell("yes | $F connect $S | head -n 1; exit ${PIPESTATUS[1]}");

    assertThat(run.out()).asString().isEqualTo("y\n");
    assertThat(run.err()).doesNotContain("Exception");
    assertThat(run.status()).isEqualTo(141);
  }

  @Test
  void aListenerEndsWithItsReader() throws Exception {
    start(
        "$F listen --host 127.0.0.1 --port 0 | head -n 1; exit ${PIPESTATUS[0]}",
        folder.resolve("out"));
    while (Files.size(folder.resolve("out")) == 0) {
      Thread.onSpinWait();
    }
    String address = Files.readString(folder.resolve("out")).split(" ", -1)[1];

    while (process.isAlive()) {
      // A line for it to write, until it finds out.
      PeerClient.create()
          .remote(HostAndPort.parse(address))
          .connect()
          .flatMap(PeerConnection::close)
          .onErrorComplete()
          .block(LIMIT);
    }

    assertThat(process.exitValue()).isEqualTo(141);
  }

  @Test
  void bytesGoThroughAPipeAsTheyAre() throws Exception {
    echo();
    byte[] bytes = {
      27,
      '[',
      '3',
      '1',
      'm',
      '\r',
      'x',
      '\r',
      '\n',
      (byte) 0xed,
      (byte) 0xa0,
      (byte) 0x80,
      '\n',
      '\n',
      (byte) 0xff,
      (byte) 0xc2,
      (byte) 0x9b,
      0,
      '\n'
    };
    Files.write(folder.resolve("in"), bytes);

    Run run = shell("$F connect $S <'" + folder.resolve("in") + "' | cat");

    assertThat(run.out()).isEqualTo(bytes);
  }

  @Test
  void onATerminalWhatAPeerSendsIsHarmless() throws Exception {
    echo();

    Run run =
        shell(
            "printf 'a\\033[31mb\\rc\\342\\200\\256d\\302\\233e\\n' >'%s/in'; ".formatted(folder)
                + "script -qec \"$F connect $S <'%s/in'\" /dev/null </dev/null".formatted(folder));

    assertThat(new String(run.out(), StandardCharsets.UTF_8))
        .contains("a\ufffd[31mb\ufffdc\ufffdd\ufffde\r\n")
        .doesNotContain("\033", "\u009b", "\u202e");
  }

  @Test
  void anEndlessLineIsRefusedInASmallHeap() throws Exception {
    echo();

    Run run =
        shell("export J=-Xmx48m; { echo before; head -c 400000000 /dev/zero; } | $F connect $S");

    assertThat(run.out()).asString().isEqualTo("before\n");
    assertThat(run.err()).contains("connect: a line of standard input is over 1 MiB");
    assertThat(run.status()).isEqualTo(1);
  }

  @Test
  void longLinesGoThroughASmallHeap() throws Exception {
    echo();

    Run run =
        shell(
            "export J=-Xmx48m; yes \"$(head -c 120000 /dev/zero | tr '\\0' x)\" | head -n 1000"
                + " | $F connect $S | wc -c");

    assertThat(run.out()).asString().isEqualTo("120001000\n");
  }

  @Test
  void theLongestLineGoesThrough() throws Exception {
    echo();

    Run run =
        shell("head -c %d /dev/zero | $F connect $S | wc -c".formatted(LineFormat.LONGEST_TEXT));

    assertThat(run.out()).asString().isEqualTo((LineFormat.LONGEST_TEXT + 1) + "\n");
  }

  @Test
  void reconnectRefusesALongLineToo() throws Exception {
    echo();

    Run run =
        shell("{ echo before; head -c 2000000 /dev/zero; echo; } | $F connect --reconnect $S");

    assertThat(run.out()).asString().isEqualTo("before\n");
    assertThat(run.err()).contains("over 1 MiB").doesNotContain("dialling again");
    assertThat(run.status()).isEqualTo(1);
  }

  @Test
  void reconnectEndsWhenThereIsNothingToSendAndNobodyThere() throws Exception {
    try (Socket dead = dead()) {
      Run run = shell("$F connect --reconnect 127.0.0.1:" + dead.getLocalPort() + " </dev/null");

      assertThat(run.err().lines())
          .last()
          .asString()
          .startsWith("connect: connect failed: ")
          .contains("refused");
      assertThat(run.status()).isEqualTo(1);
    }
  }

  @Test
  void reconnectSaysOnceThatNobodyIsThere() throws Exception {
    int port;
    try (Socket dead = dead()) {
      port = dead.getLocalPort();
      start("sleep 60 | $F connect --reconnect 127.0.0.1:" + port, folder.resolve("out"));
      awaitError("dialling again until it is connected");
    }
    server =
        PeerServer.create(PacketCodec.raw())
            .host("127.0.0.1")
            .port(port)
            .handle(peer -> peer.receive().then())
            .bindNow();
    awaitError("connected to");

    assertThat(Files.readString(folder.resolve("err")).lines()).hasSize(2);
  }

  private void awaitError(String text) throws IOException {
    while (!Files.readString(folder.resolve("err")).contains(text)) {
      assertThat(process.isAlive()).isTrue();
      Thread.onSpinWait();
    }
  }

  @Test
  void anOutputThatCannotBeWrittenIsAFailure() throws Exception {
    Path key = folder.resolve("key");
    NodeKey.loadOrCreate(key);

    for (String command :
        List.of("id '" + key + "'", "--help", "--version", "demo --duration 1s")) {
      Run run = shell("$F " + command + " >/dev/full");

      assertThat(run.status()).as(command).isEqualTo(1);
      assertThat(run.err())
          .as(command)
          .contains("fluxwire: not all output could be written: No space left");
    }
  }

  @Test
  void verboseTellsEachEventOnce() throws Exception {
    echo();

    Run run = shell("$F connect -v $S </dev/null");

    assertThat(run.err().lines().filter(line -> line.contains(": attempt 1 at "))).hasSize(1);
  }

  @Test
  void nobodyHasToReadWhatAListenerSays() throws Exception {
    start(
        "exec $F listen --host 127.0.0.1 --port 0 --hello | { read line; echo \"$line\"; exec sleep 600; }",
        folder.resolve("out"));
    while (Files.size(folder.resolve("out")) == 0) {
      assertThat(process.isAlive()).isTrue();
      Thread.onSpinWait();
    }
    String address = Files.readString(folder.resolve("out")).split(" ", -1)[1];

    PeerClient<io.fluxwire.proto.Pkt> client =
        PeerClient.create().remote(HostAndPort.parse(address));
    client
        .connect()
        .flatMap(peer -> peer.send(Flux.range(0, 3000).map(i -> Hello.packet())).then(peer.close()))
        .block(LIMIT);

    // More lines than fill the pipe.
    for (int i = 0; i < 500; i++) {
      client.connect().flatMap(PeerConnection::close).block(LIMIT);
    }
    assertThat(
            client
                .connect()
                .flatMapMany(peer -> peer.receive().next().doFinally(end -> peer.dispose()))
                .blockFirst(LIMIT))
        .matches(Hello::is);
  }

  @Test
  void aPeerWritesOneLineOfHellosForEachConnection() throws Exception {
    start("exec $F listen --host 127.0.0.1 --port 0 --hello", folder.resolve("out"));
    while (Files.size(folder.resolve("out")) == 0) {
      assertThat(process.isAlive()).isTrue();
      Thread.onSpinWait();
    }
    String address = Files.readString(folder.resolve("out")).split(" ", -1)[1];
    PeerClient.create()
        .remote(HostAndPort.parse(address))
        .connect()
        .flatMap(peer -> peer.send(Flux.range(0, 3000).map(i -> Hello.packet())).then(peer.close()))
        .block(LIMIT);
    for (int i = 0; i < 100; i++) {
      try (Socket check =
          new Socket(InetAddress.getLoopbackAddress(), HostAndPort.parse(address).getPort())) {
        check.shutdownOutput();
        check.getInputStream().readAllBytes();
      }
    }

    process.toHandle().destroy();
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readAllLines(folder.resolve("out")))
        .hasSize(5)
        .filteredOn(line -> line.startsWith("hello from "))
        .last()
        .asString()
        .endsWith(": 2,999 more of them");
    assertThat(Files.readAllLines(folder.resolve("err")))
        .hasSize(2)
        .last()
        .asString()
        .startsWith("refused 99 more for this reason");
  }
}
