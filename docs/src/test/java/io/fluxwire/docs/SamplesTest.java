package io.fluxwire.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeKey;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.docs.chat.ChatPkt;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.packet.Hello;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Runs what the manual shows. */
class SamplesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static InetSocketAddress loopback(DisposablePeerServer server) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
  }

  @Test
  void theReadmesClientMeetsItsServer() {
    DisposablePeerServer server = EchoServer.start(0);

    assertThat(EchoClient.hello("localhost", server.port(), server.id()).block(LIMIT))
        .matches(Hello::is);
    server.disposeNow(LIMIT);
  }

  @Test
  void theTutorialsFriendsTalk(@TempDir Path folder) throws Exception {
    NodeKey alice = Chat.key(folder.resolve("alice.key"));
    NodeKey bob = Chat.key(folder.resolve("bob.key"));
    assertThat(Chat.key(folder.resolve("bob.key")).id()).isEqualTo(bob.id());
    DisposablePeerServer server = Chat.listen(alice, List.of(bob.id()));

    PeerConnection<ChatPkt> peer = Chat.dial(bob, loopback(server), alice.id()).block(LIMIT);
    assertThat(Chat.talk(peer, Flux.just("one", "two")).collectList().block(LIMIT))
        .containsExactly("ONE", "TWO");
    assertThat(Chat.whyItEnded(peer).block(LIMIT).reason()).isEqualTo(Reason.CLOSED_LOCALLY);
    server.disposeNow(LIMIT);
  }

  @Test
  void theTutorialsSlowReaderGetsEverything() {
    NodeKey alice = NodeKey.generate();
    NodeKey bob = NodeKey.generate();
    DisposablePeerServer server = Chat.listen(alice, List.of(bob.id()));
    PeerConnection<ChatPkt> peer = Chat.dial(bob, loopback(server), alice.id()).block(LIMIT);
    peer.send(Flux.range(0, 500).map(i -> Chat.say("line " + i)))
        .then(Mono.defer(peer::close))
        .subscribe();

    assertThat(Chat.slowly(peer).collectList().block(LIMIT)).hasSize(500).contains("LINE 499");
    server.disposeNow(LIMIT);
  }

  @Test
  void theTutorialsStrangerIsTurnedAway() {
    NodeKey alice = NodeKey.generate();
    DisposablePeerServer server = Chat.listen(alice, List.of());
    PeerConnection<ChatPkt> peer =
        Chat.dial(NodeKey.generate(), loopback(server), alice.id()).block(LIMIT);

    assertThatThrownBy(() -> peer.receive().blockLast(LIMIT))
        .isInstanceOf(ConnectionClosedException.class)
        .hasMessageContaining("not authorized");
    server.disposeNow(LIMIT);
  }
}
