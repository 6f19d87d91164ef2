package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

/** Instances of a node by {@code listen --fleet}, and looks into their fleet. */
@ExtendWith(NoStandardInput.class)
class FleetTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir static Path folder;

  private final Said out = new Said();
  private final Said err = new Said();
  private final List<Process> instances = new ArrayList<>();
  private Path keyFile;

  @BeforeEach
  void makeTheKey() throws IOException {
    keyFile = Files.createTempDirectory(folder, "key").resolve("node.key");
    NodeKey.loadOrCreate(keyFile);
  }

  @AfterEach
  void stop() {
    instances.forEach(Process::destroyForcibly);
  }

  private int run(String... args) {
    return Main.run(new Output("out", out, false), new Output("err", err, true), args);
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  // What is asked for

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jgroups:dns:fleet.example",
        "jgroups:127.0.0.1:7800",
        "jgroups:[::1]:7800,host:7801",
        "redis://localhost",
        "rediss://user@redis.example:6380/1",
        "nats://localhost",
        "tls://user@nats.example:4223"
      })
  void anEngineIsNamedByItsAddress(String text) {
    assertThat(FleetEngineAddress.parse(text).hasUser()).isEqualTo(text.contains("@"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "localhost", "mongo://localhost", "jgroups:", "jgroups:a:1,,b:2"})
  void whatIsNoEngineIsAnsweredWithTheForms(String text) {
    assertThat(catchThrowable(() -> FleetEngineAddress.parse(text)))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("jgroups:dns:NAME");
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis://user:secret@localhost", "nats://user:secret@localhost"})
  void aPasswordIsNotTakenFromTheCommandLine(String text) {
    assertThat(catchThrowable(() -> FleetEngineAddress.parse(text)))
        .hasMessageContaining("--fleet-password FILE")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource({
    "fleet redis://user@localhost, --fleet-password FILE",
    "fleet redis://localhost --fleet-password x, --fleet-password FILE",
    "fleet redis://localhost --fleet-port 0, --fleet-port is 1 to 65535",
    "fleet redis://localhost --instance a_b, --instance: not the name of an instance",
    "listen --fleet redis://localhost, --key FILE",
    "listen --fleet redis://localhost --key KEY --hello, leave out --channel",
    "listen --fleet redis://localhost --key KEY --bolt8, leave out --channel"
  })
  void optionsThatDoNotGoTogetherAreAWrongUsage(String line, String advice) {
    assertThat(run(line.replace("KEY", keyFile.toString()).split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains(advice);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void anEngineThatIsNotThereIsNamed() throws IOException {
    assertThat(run("fleet", "redis://127.0.0.1:" + unusedPort())).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("fleet: the fleet's engine: Redis at 127.0.0.1:")
        .hasLineCount(1);
  }

  // Instances

  private static String engine(int... ports) {
    List<String> hosts = new ArrayList<>();
    for (int port : ports) {
      hosts.add("127.0.0.1:" + port);
    }
    return "jgroups:" + String.join(",", hosts);
  }

  private int start(String engine, String name, int fleetPort, String... more) throws Exception {
    int port = unusedPort();
    Path said = folder.resolve(name + fleetPort);
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "listen",
                "--fleet",
                engine,
                "--fleet-host",
                "127.0.0.1",
                "--fleet-port",
                String.valueOf(fleetPort),
                "--instance",
                name,
                "--key",
                keyFile.toString(),
                "--host",
                "127.0.0.1",
                "--port",
                String.valueOf(port),
                "--echo"));
    command.addAll(List.of(more));
    instances.add(
        new ProcessBuilder(command)
            .redirectOutput(said.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start());
    awaitLine(said, " as " + name + "_");
    return port;
  }

  private static void awaitLine(Path said, String part) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!Files.readString(said).contains(part)) {
      assertThat(System.nanoTime() - end).as(Files.readString(said)).isNegative();
      Thread.sleep(50);
    }
  }

  private static void awaitMembers(int http, int count) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    Pattern gauge = Pattern.compile("(?m)^fluxwire_fleet_members\\{.*} " + count + "\\.0$");
    String metrics = get(http, "/metrics");
    while (!gauge.matcher(metrics).find()) {
      assertThat(System.nanoTime() - end).as(metrics).isNegative();
      Thread.sleep(50);
      metrics = get(http, "/metrics");
    }
  }

  private int look(String engine, String... more) throws IOException {
    List<String> args =
        new ArrayList<>(
            List.of(
                "fleet",
                engine,
                "--fleet-host",
                "127.0.0.1",
                "--fleet-port",
                String.valueOf(unusedPort()),
                "--key",
                keyFile.toString()));
    args.addAll(List.of(more));
    return run(args.toArray(String[]::new));
  }

  private static String get(int port, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            BodyHandlers.ofString())
        .body();
  }

  @Test
  @Tag("processes")
  void theFleetTellsItsInstancesAndWhereAPeerIs() throws Exception {
    int one = unusedPort();
    int two = unusedPort();
    String engine = engine(one, two);
    start(engine, "a", one);
    int http = unusedPort();
    int port = start(engine, "b", two, "--http", String.valueOf(http));
    // On a busy machine each may begin a fleet of its own, before they find each other.
    awaitMembers(http, 2);
    NodeKey peer = NodeKey.generate();
    NodeId node = NodeKey.load(keyFile).id();
    PeerConnection<ByteBuf> connection =
        PeerClient.create(peer, PacketCodec.raw())
            .remote("127.0.0.1", port)
            .expect(node)
            .connectNow(LIMIT);
    CompletableFuture<String> echo =
        connection
            .receive()
            .next()
            .map(packet -> packet.toString(StandardCharsets.UTF_8))
            .toFuture();
    connection
        .sendOne(Unpooled.copiedBuffer("sixteen bytes of it", StandardCharsets.UTF_8))
        .block(LIMIT);
    assertThat(echo.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("sixteen bytes of it");

    assertThat(look(engine)).as(err.toString()).isZero();
    assertThat(out.toString().lines())
        .satisfiesExactly(
            line -> assertThat(line).matches("instance a_[0-9a-f]{16}: peers 0"),
            line -> assertThat(line).matches("instance b_[0-9a-f]{16}: peers 1"),
            line -> assertThat(line).isEqualTo("instances 2, peers 1"));

    assertThat(look(engine, peer.id().toString(), "--json")).as(err.toString()).isZero();
    assertThat(out.toString().lines().toList().get(3))
        .matches(
            "\\{\"event\":\"peerAt\",\"peer\":\"%s\",\"instance\":\"b_[0-9a-f]{16}\"\\}"
                .formatted(peer.id()));

    assertThat(get(http, "/fleet"))
        .containsPattern("\"instance\":\"b_[0-9a-f]{16}\",\"state\":\"joined\"")
        .containsPattern("\"id\":\"b_[0-9a-f]{16}\",\"self\":true,\"draining\":false,\"peers\":1");
    assertThat(get(http, "/metrics")).contains("fluxwire_fleet_peers{member=\"b\"} 1.0");

    assertThat(look(engine, node.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("fleet: no instance has peer " + node);
    connection.dispose();
    // Told to stop, they leave in good order.
    for (Process instance : instances) {
      instance.destroy();
      assertThat(instance.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(instance.exitValue()).isZero();
    }
  }
}
