package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes as processes of their own, as a user runs them. */
@Tag("processes")
class NodeProcessTest {

  /** Which cipher comes first depends on the processor. */
  private static final String UPGRADED = " \\(upgraded, [A-Za-z0-9-]+, post-quantum\\)";

  @TempDir private static Path copies;

  private final List<NodeProcess> nodes = new ArrayList<>();

  @AfterEach
  void kill() {
    nodes.forEach(NodeProcess::kill);
  }

  private NodeProcess start(String... args) throws IOException {
    NodeProcess node = new NodeProcess(copies, args);
    nodes.add(node);
    return node;
  }

  private NodeProcess listen(String... more) throws IOException {
    return start(
        Stream.concat(Stream.of("listen", "--host", "127.0.0.1", "--port", "0"), Stream.of(more))
            .toArray(String[]::new));
  }

  @Test
  void echoSendsEveryLineBackAndAStopIsOrderly() throws Exception {
    NodeProcess server = listen("--echo");
    server.awaitListening();
    List<String> lines = IntStream.range(0, 10_000).mapToObj(i -> "line Zoë ⚡ " + i).toList();

    NodeProcess client = start("connect", server.address(), "--expect", server.id());
    Thread writer = new Thread(() -> client.write(lines));
    writer.start();
    assertThat(client.restOfOutput()).isEqualTo(lines);
    writer.join();
    assertThat(client.exitCode()).isZero();

    server.stop();
    assertThat(server.restOfOutput())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .matches("peer [0-9a-f]{66} connected from 127.0.0.1:\\d+" + UPGRADED),
            line -> assertThat(line).matches("peer [0-9a-f]{66} gone: closed by the peer"));
    assertThat(server.exitCode()).isZero();
  }

  @Test
  void bolt8SendsEveryLineBackAndItsKeysAreRotated() throws Exception {
    NodeProcess server = listen("--bolt8", "--echo");
    server.awaitListening();
    List<String> lines = IntStream.range(0, 3_000).mapToObj(i -> "line Zoë ⚡ " + i).toList();

    NodeProcess client = start("connect", "--bolt8", server.id() + "@" + server.address());
    Thread writer = new Thread(() -> client.write(lines));
    writer.start();
    assertThat(client.restOfOutput()).isEqualTo(lines);
    writer.join();
    assertThat(client.exitCode()).isZero();
    assertThat(client.errors())
        .first()
        .isEqualTo(
            "connected to %s at %s (bolt8, ChaCha20-Poly1305)"
                .formatted(server.id(), server.address()));

    NodeProcess stranger = start("hello", server.address());
    assertThat(stranger.exitCode()).isEqualTo(1);
    assertThat(stranger.errors())
        .singleElement()
        .asString()
        .contains("a Lightning node is dialled with --bolt8");
  }

  @Test
  void whatOneSideDoesNotUpgradeIsVersion3AndRefusedWhereThatIsNotEnough() throws Exception {
    NodeProcess server = listen("--echo", "--upgrade", "off");
    server.awaitListening();

    NodeProcess content = start("connect", server.address());
    content.write(List.of("a line"));
    assertThat(content.restOfOutput()).containsExactly("a line");
    assertThat(content.errors()).first().asString().matches("connected to .* at 127.0.0.1:\\d+");
    NodeProcess strict = start("connect", server.address(), "--upgrade", "required");
    strict.write(List.of());
    assertThat(strict.exitCode()).isEqualTo(1);
    assertThat(strict.errors()).singleElement().asString().contains("upgrade");

    server.stop();
    assertThat(server.restOfOutput())
        .first()
        .asString()
        .matches("peer [0-9a-f]{66} connected from 127.0.0.1:\\d+");
  }

  @Test
  void withoutPostQuantumASessionIsUpgradedAllTheSame() throws Exception {
    NodeProcess server = listen("--hello", "--post-quantum", "off", "--keep-alive", "30s");
    server.awaitListening();

    NodeProcess greeting = start("hello", server.address());
    assertThat(greeting.exitCode()).isZero();

    server.stop();
    assertThat(server.restOfOutput())
        .first()
        .asString()
        .matches(".* connected from 127.0.0.1:\\d+ \\(upgraded, [A-Za-z0-9-]+\\)");
  }

  @Test
  void reconnectOutlivesTheServer(@TempDir Path folder) throws Exception {
    String key = folder.resolve("server.key").toString();
    NodeKey.loadOrCreate(Path.of(key));
    NodeProcess first = listen("--echo", "--key", key);
    first.awaitListening();
    NodeProcess client =
        start("connect", "--reconnect", "127.0.0.2:1", first.address(), "--expect", first.id());
    Writer in = new OutputStreamWriter(client.input(), StandardCharsets.UTF_8);
    in.write("before\n");
    in.flush();
    assertThat(client.readLine()).isEqualTo("before");
    first.stop();
    assertThat(first.exitCode()).isZero();

    String port = first.address().substring(first.address().indexOf(':') + 1);
    NodeProcess second =
        start("listen", "--host", "127.0.0.1", "--port", port, "--echo", "--key", key);
    second.awaitListening();
    BufferedReader told = client.errorReader();
    assertThat(told.readLine()).startsWith("connected to");
    assertThat(told.readLine()).startsWith("connection closed by the peer");
    String next = told.readLine();
    if (next.endsWith("; dialling again until it is connected (-v tells how)")) {
      next = told.readLine();
    }
    assertThat(next).startsWith("connected to");
    in.write("after\n");
    in.close();
    assertThat(client.restOfOutput()).containsExactly("after");
    assertThat(client.exitCode()).isZero();
  }

  @Test
  void aLineThatIsTooLongEndsTheConnectionWithTheReason() throws Exception {
    NodeProcess server = listen("--echo");
    server.awaitListening();

    NodeProcess client = start("connect", server.address());
    client.write(List.of("fine", "x".repeat(1 << 20)));
    assertThat(client.exitCode()).isEqualTo(1);
    assertThat(client.errors()).anyMatch(line -> line.contains("over 1 MiB"));
  }

  /** No sender of ours makes one, and a receiver takes it (protocol.md section 3). */
  @ParameterizedTest
  @ValueSource(strings = {"--echo", "--hello"})
  void anEmptyPacketDisturbsNobody(String mode) throws Exception {
    NodeProcess server = listen(mode);
    server.awaitListening();

    try (FramePeer peer = FramePeer.dial(HostAndPort.parse(server.address()))) {
      if (mode.equals("--hello")) {
        assertThat(Hello.is(Pkt.parseFrom(peer.receive()))).isTrue();
      }
      peer.send(new byte[0]);
      byte[] whole = Hello.packet().toByteArray();
      peer.send(whole);
      if (mode.equals("--echo")) {
        assertThat(peer.receive()).isEqualTo(whole);
      }
      peer.end();
    }
    server.stop();
    assertThat(server.errors()).isEmpty();
    assertThat(server.restOfOutput()).anyMatch(line -> line.endsWith(" gone: closed by the peer"));
  }

  @Test
  void bothSidesSayHello() throws Exception {
    NodeProcess server = listen("--hello");
    server.awaitListening();

    NodeProcess client = start("hello", server.address());
    assertThat(client.restOfOutput()).containsExactly("hello from " + server.id());
    assertThat(client.exitCode()).isZero();
    server.stop();
    assertThat(server.restOfOutput()).anyMatch(line -> line.matches("hello from [0-9a-f]{66}"));
  }

  @Test
  void onlyWhoIsAllowedGetsIn(@TempDir Path folder) throws Exception {
    Path friendsKey = folder.resolve("friend.key");
    NodeKey friend = NodeKey.loadOrCreate(friendsKey);
    NodeProcess server = listen("--hello", "--allow", friend.id().toString());
    server.awaitListening();

    NodeProcess welcome = start("hello", server.address(), "--key", friendsKey.toString());
    assertThat(welcome.exitCode()).isZero();
    NodeProcess stranger = start("connect", server.address());
    assertThat(stranger.exitCode()).isEqualTo(1);
    assertThat(stranger.errors()).anyMatch(line -> line.contains("not authorized"));
  }

  @Test
  void whoIsBannedDoesNotGetIn(@TempDir Path folder) throws Exception {
    Path strangersKey = folder.resolve("stranger.key");
    NodeKey stranger = NodeKey.loadOrCreate(strangersKey);
    Path ids = folder.resolve("ids.bans");
    Files.writeString(ids, stranger.id() + " 2999-01-01T00:00:00Z\n");
    NodeProcess server = listen("--hello", "--bans", ids.toString());
    server.awaitListening();
    assertThat(start("hello", server.address()).exitCode()).isZero();
    NodeProcess refused = start("hello", server.address(), "--key", strangersKey.toString());
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.errors()).anyMatch(line -> line.contains("not authorized"));

    Path networks = folder.resolve("networks.bans");
    Files.writeString(networks, "127.0.0.0/8 2999-01-01T00:00:00Z\n");
    NodeProcess closed = listen("--hello", "--bans", networks.toString());
    closed.awaitListening();
    assertThat(start("hello", closed.address()).exitCode()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "one line"})
  void aRefusalIsToldToWhoClosesAtOnce(String input) throws Exception {
    NodeProcess server = listen("--allow", NodeKey.generate().id().toString());
    server.awaitListening();

    NodeProcess stranger = start("connect", server.address());
    stranger.write(input.isEmpty() ? List.of() : List.of(input));
    assertThat(stranger.exitCode()).isEqualTo(1);
    assertThat(stranger.errors()).anyMatch(line -> line.contains("not authorized"));
  }

  @Test
  void anUnexpectedNodeIsRefused() throws Exception {
    NodeProcess server = listen("--hello");
    server.awaitListening();

    NodeProcess client =
        start("hello", server.address(), "--expect", NodeKey.generate().id().toString());
    assertThat(client.exitCode()).isEqualTo(1);
    assertThat(client.errors())
        .singleElement()
        .asString()
        .contains("authenticate failed")
        .contains(server.id());
  }

  @Test
  void aPathServesAsAPortDoes(@TempDir Path folder) throws Exception {
    Path path = folder.resolve("node.sock");
    NodeProcess server = start("listen", "--unix", path.toString(), "--echo");
    server.awaitListeningAt(path);

    NodeProcess client = start("connect", server.address(), "--expect", server.id());
    client.write(List.of("by a path"));
    assertThat(client.restOfOutput()).containsExactly("by a path");
    assertThat(client.exitCode()).isZero();
    assertThat(client.errors()).first().asString().matches(".* at unix:" + path + UPGRADED);
    NodeProcess greeting = start("hello", "unix:" + path);
    assertThat(greeting.restOfOutput()).containsExactly("hello from " + server.id());

    server.stop();
    assertThat(server.restOfOutput())
        .filteredOn(line -> line.contains(" connected "))
        .hasSize(2)
        .allMatch(line -> line.matches(".* connected from unix:" + path + UPGRADED));
    assertThat(server.exitCode()).isZero();
    assertThat(path).doesNotExist();
  }

  @Test
  void theSocketOfAListenerThatWasKilledIsReplacedAndThatOfALiveOneIsNot(@TempDir Path folder)
      throws Exception {
    Path path = folder.resolve("node.sock");
    NodeProcess killed = start("listen", "--unix", path.toString(), "--echo");
    killed.awaitListeningAt(path);
    killed.kill();
    assertThat(path).exists();

    NodeProcess server = start("listen", "--unix", path.toString(), "--echo");
    server.awaitListeningAt(path);
    NodeProcess late = start("listen", "--unix", path.toString(), "--echo");
    assertThat(late.exitCode()).isEqualTo(1);
    assertThat(late.errors())
        .singleElement()
        .asString()
        .startsWith("listen: ")
        .contains(path.toString(), "in use");

    NodeProcess client = start("connect", "unix:" + path, "--expect", server.id());
    client.write(List.of("still there"));
    assertThat(client.restOfOutput()).containsExactly("still there");
  }
}
