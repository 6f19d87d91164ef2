package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Lines over a channel, whose two processes come and go. */
@Tag("processes")
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChannelProcessTest {

  private static final int LINES = 10_000;

  @TempDir private static Path copies;

  @TempDir private Path folder;
  private final List<NodeProcess> nodes = new ArrayList<>();
  private String alice;
  private String bob;
  private int port;
  private String channel = "log";

  @BeforeEach
  void meet() throws IOException {
    alice = NodeKey.loadOrCreate(folder.resolve("alice.key")).id().toString();
    bob = NodeKey.loadOrCreate(folder.resolve("bob.key")).id().toString();
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
  }

  @AfterEach
  void kill() {
    nodes.forEach(NodeProcess::kill);
  }

  private Path file(String name) {
    return folder.resolve(name);
  }

  private NodeProcess start(Redirect from, Redirect to, Stream<String> args) throws IOException {
    NodeProcess node = new NodeProcess(copies, from, to, args.toArray(String[]::new));
    nodes.add(node);
    return node;
  }

  private Stream<String> listening() {
    return Stream.of(
            ("listen --host 127.0.0.1 --port " + port + " --channel log --allow " + bob).split(" "),
            new String[] {"--key", file("alice.key").toString(), "--store", file("got").toString()})
        .flatMap(Stream::of);
  }

  private NodeProcess listen() throws IOException {
    NodeProcess node =
        start(Redirect.PIPE, Redirect.appendTo(file("printed").toFile()), listening());
    node.awaitListeningToAChannel();
    return node;
  }

  private NodeProcess connect(Redirect from, String store, String... more) throws IOException {
    return start(
        from,
        Redirect.PIPE,
        Stream.of(
                ("connect 127.0.0.1:" + port + " --expect " + alice).split(" "),
                new String[] {"--key", file("bob.key").toString()},
                new String[] {"--store", file(store).toString(), "--channel", channel},
                more)
            .flatMap(Stream::of));
  }

  private NodeProcess connect() throws IOException {
    return connect(Redirect.PIPE, "sent");
  }

  private List<String> printed() throws IOException {
    return Files.readAllLines(file("printed"));
  }

  private static void say(NodeProcess node, String line) throws IOException {
    // Not closed, for the input would end.
    Writer in = new OutputStreamWriter(node.input(), StandardCharsets.UTF_8);
    in.write(line + "\n");
    in.flush();
  }

  private String error(NodeProcess node) throws InterruptedException {
    assertThat(node.exitCode()).isEqualTo(1);
    return node.errors().stream()
        .filter(line -> line.matches("(connect|listen): .*"))
        .collect(Collectors.joining("|"));
  }

  @Test
  void linesGoBothWaysAndOnceThoughBothStop() throws Exception {
    NodeProcess first = listen();
    say(first, "from alice");
    NodeProcess client = connect();
    assertThat(client.readLine()).isEqualTo("from alice");
    client.write(List.of("one", "", "Zoë ⚡"));
    assertThat(client.exitCode()).isZero();
    assertThat(printed()).containsExactly("one", "", "Zoë ⚡");
    first.stop();
    assertThat(first.exitCode()).isZero();

    NodeProcess second = listen();
    NodeProcess again = connect();
    again.write(List.of("four"));
    assertThat(again.exitCode()).isZero();
    assertThat(again.restOfOutput()).isEmpty();
    assertThat(again.errors())
        .first()
        .isEqualTo("channel log: lines stored so far 3, not with the peer yet 0");
    second.stop();
    assertThat(second.exitCode()).isZero();
    assertThat(printed()).containsExactly("one", "", "Zoë ⚡", "four");
  }

  @Test
  void whatIsStoredWhenItIsStoppedGoesWithTheNextStart() throws Exception {
    NodeProcess alone = connect();
    assertThat(alone.errorReader().readLine()).startsWith("channel log: lines stored so far 0");
    alone.write(List.of("one", "two"));
    String told = "input has ended; waiting for the peer to take what is left, lines 2";
    assertThat(alone.errorReader().lines().anyMatch(told::equals)).isTrue();
    alone.stop();
    assertThat(alone.exitCode()).isZero();
    assertThat(alone.errors())
        .last()
        .isEqualTo(
            "stopped: lines stored and not with the peer yet 2; the next start goes on with them");

    listen();
    NodeProcess next = connect();
    next.write(List.of());
    assertThat(next.exitCode()).isZero();
    assertThat(printed()).containsExactly("one", "two");
  }

  /** Between a line and its acknowledgement there is a moment, so the last ones may come again. */
  @Test
  void everyLineIsPrintedInOrderWhicheverSideIsKilled() throws Exception {
    List<String> lines = IntStream.range(0, LINES).mapToObj("line %06d end"::formatted).toList();
    Files.write(file("lines"), lines);
    Redirect input = Redirect.from(file("lines").toFile());
    NodeProcess server = listen();
    NodeProcess client = connect(input, "sent", "--resume-input");
    int kills = 4;
    for (int kill = 1; kill <= kills; kill++) {
      awaitPrinted(lines.get(0).length() * (long) LINES * kill / (kills + 2), client);
      if (kill % 2 == 0) {
        server.kill();
        server = listen();
      } else {
        client.kill();
        client = connect(input, "sent", "--resume-input");
      }
    }
    assertThat(client.exitCode()).isZero();

    assertThat(backwards(printed())).isLessThanOrEqualTo(kills / 2);
  }

  private void awaitPrinted(long bytes, NodeProcess client) throws IOException {
    while (Files.size(file("printed")) < bytes) {
      assertThat(client.isAlive()).as("there is more to come").isTrue();
      // The processes need the processors.
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  /** How often lines came again; what was killed may have printed half a line last. */
  private static int backwards(List<String> printed) {
    int due = 0;
    int backwards = 0;
    for (String line : printed) {
      int begin = line.lastIndexOf("line ");
      assertThat(line).endsWith(" end");
      int number = Integer.parseInt(line.substring(begin + 5, line.length() - 4));
      if (number < due || begin > 0) {
        backwards++;
        due = Math.min(due, number);
      }
      assertThat(number).isEqualTo(due);
      due++;
    }
    assertThat(due).isEqualTo(LINES);
    return backwards;
  }

  @Test
  void aStoreIsOneProcesss() throws Exception {
    NodeProcess first = connect();
    assertThat(first.errorReader().readLine()).startsWith("channel log: ");

    assertThat(error(connect()))
        .startsWith("connect: channel failed: ")
        .contains("is open already", "close it there");
  }

  @Test
  void aStoreThatIsLostIsAFailureOfBothSides() throws Exception {
    NodeProcess server = listen();
    NodeProcess before = connect();
    before.write(List.of("one"));
    assertThat(before.exitCode()).isZero();

    NodeProcess lost = connect(Redirect.PIPE, "another");
    assertThat(error(lost))
        .startsWith("connect: channel failed: the two stores of this channel do not fit together")
        .endsWith("to begin anew, delete both");
    assertThat(error(server))
        .startsWith("listen: channel failed: the two stores of this channel do not fit together");
  }

  @Test
  void anOldCopyOfAStoreIsRefused() throws Exception {
    listen();
    for (String line : List.of("one", "two")) {
      NodeProcess client = connect();
      client.write(List.of(line));
      assertThat(client.exitCode()).isZero();
      if (line.equals("one")) {
        Files.createDirectory(file("old"));
        try (Stream<Path> files = Files.list(file("sent"))) {
          for (Path stored : (Iterable<Path>) files::iterator) {
            Files.copy(stored, file("old").resolve(stored.getFileName()));
          }
        }
      }
    }

    assertThat(error(connect(Redirect.PIPE, "old")))
        .startsWith("connect: channel failed: ")
        .contains("it is an old copy");
  }

  @Test
  void aPeerWithoutChannelsIsAFailure() throws Exception {
    NodeProcess server =
        start(
            Redirect.PIPE,
            Redirect.PIPE,
            Stream.of(
                "listen",
                "--host",
                "127.0.0.1",
                "--port",
                "" + port,
                "--echo",
                "--key",
                file("alice.key").toString()));
    server.awaitListening();

    assertThat(error(connect())).startsWith("connect: channel failed: ");
  }

  @Test
  void aChannelOfAnotherNameIsSaidOnBothSides() throws Exception {
    NodeProcess server = listen();
    channel = "other";
    NodeProcess client = connect();

    String why = "this node has no channel other: give --channel its name";
    assertThat(client.errorReader().readLine()).startsWith("channel other: ");
    assertThat(client.errorReader().readLine()).startsWith("connection ").endsWith(why);
    assertThat(server.errorReader().readLine()).isEqualTo("connection " + why);
  }
}
