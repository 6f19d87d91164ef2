package gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gossip.wire.Ask;
import gossip.wire.GossipPkt;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.dial.PeerAddress;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.ShutdownReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Three friends in a row: what the first one says reaches the third one, once. */
@Timeout(60)
class NodeTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int PLUMBING = 25;

  private final List<NodeKey> keys = List.of(key(), key(), key(), key());
  private final List<BlockingQueue<String>> said = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final List<Integer> ports = new ArrayList<>();

  private static NodeKey key() {
    return NodeKey.generate();
  }

  private NodeId id(int node) {
    return keys.get(node).id();
  }

  @BeforeEach
  void start() {
    List<NodeId> friends = keys.stream().map(NodeKey::id).toList();
    for (int i = 0; i < 3; i++) {
      BlockingQueue<String> lines = new LinkedBlockingQueue<>();
      said.add(lines);
      Node node = new Node(keys.get(i), line -> note(lines, line));
      nodes.add(node);
      ports.add(node.listen(0, friends));
    }
    // Both dial: one connection is left, and nobody leaves.
    befriend(0, 1);
    befriend(1, 0);
    befriend(1, 2);
    nodes.get(1).group.awaitPeers(2).block(LIMIT);
    nodes.get(0).group.awaitPeers(1).block(LIMIT);
    nodes.get(2).group.awaitPeers(1).block(LIMIT);
  }

  private static void note(BlockingQueue<String> lines, String line) {
    if (line.startsWith(">")) {
      lines.add(line);
    }
  }

  private void befriend(int one, int other) {
    nodes.get(one).befriend(new PeerAddress(id(other), "127.0.0.1", ports.get(other)));
  }

  @AfterEach
  void stop() {
    nodes.forEach(Node::stop);
  }

  @Test
  void aRumourReachesAllOnce() throws InterruptedException {
    assertThat(nodes.get(0).say("one").block(LIMIT)).isEqualTo(1);
    nodes.get(1).say("two").block(LIMIT);
    // The second one is not passed on, and may overtake the first.
    List<String> heard = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      heard.add(said.get(2).poll(LIMIT.toSeconds(), TimeUnit.SECONDS));
    }
    assertThat(heard).containsExactlyInAnyOrder("> one", "> two");
    assertThat(said.get(0).poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("> two");
    assertThat(said.get(1)).containsExactly("> one");
    assertThat(said.get(2)).isEmpty();
  }

  @Test
  void whoIsAskedAnswersAndWhoIsGoneErrors() {
    assertThat(nodes.get(0).ask(id(1), "why").block(LIMIT)).isEqualTo("you asked why");
    assertThat(nodes.get(2).ask(id(1), "who").block(LIMIT)).isEqualTo("you asked who");
    assertThatThrownBy(() -> nodes.get(0).ask(id(2), "who").block(LIMIT))
        .isInstanceOf(ConnectionClosedException.class);
    ShutdownReport report = nodes.get(1).stop();
    assertThat(report.undelivered().isNothing()).isTrue();
    assertThatThrownBy(() -> nodes.get(0).ask(id(1), "why").block(LIMIT))
        .isInstanceOf(ConnectionClosedException.class);
  }

  /** The wire is as it was: a node that numbers its questions itself is answered. */
  @Test
  void whoHasNoRequestsOfOursIsAnsweredByItsNumber() {
    PeerConnection<GossipPkt> by =
        PeerClient.create(keys.get(3), Node.CODEC)
            .remote(new PeerAddress(id(0), "127.0.0.1", ports.get(0)))
            .connectNow();
    GossipPkt ask =
        GossipPkt.newBuilder().setAsk(Ask.newBuilder().setId(77).setWhat("why")).build();
    GossipPkt answer = by.sendOne(ask).thenMany(by.receive()).blockFirst(LIMIT);
    assertThat(answer.getAnswer().getId()).isEqualTo(77);
    assertThat(answer.getAnswer().getText()).isEqualTo("you asked why");
    by.close().block(LIMIT);
  }

  @Test
  void thePlumbingIsShort() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("src/main/java/gossip/Requests.java"));
    assertThat(lines.stream().filter(NodeTest::isCode)).hasSizeLessThan(PLUMBING);
  }

  private static boolean isCode(String line) {
    return !line.isBlank()
        && !line.startsWith("import ")
        && !line.startsWith("package ")
        && !line.startsWith("/**")
        && !line.strip().equals("}");
  }
}
