package chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import chat.proto.ChatPkt;
import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.session.SessionTimeouts;
import io.fluxwire.testing.MemoryLink;
import io.fluxwire.testing.MemoryLink.Break;
import io.fluxwire.testing.MemoryLink.Direction;
import io.fluxwire.testing.ScriptedPeer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Tests of the tutorial's node, as its author would write them. */
class TestingYourNodeTest {

  private final NodeKey alice = NodeKey.generate();
  private final NodeKey bob = NodeKey.generate();

  @Test
  void aNetworkThatFallsSilentIsNoticed() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    MemoryLink network = MemoryLink.create(time);
    List<ChatPkt> heard = new ArrayList<>();
    List<CloseReason> ends = new ArrayList<>();
    SessionSpec<ChatPkt> spec =
        SessionSpec.of(alice)
            .codec(Chat.CODEC)
            .curveScheduler(time)
            .timeouts(SessionTimeouts.DEFAULT.idle(Duration.ofMinutes(1)));
    Mono<PeerConnection<ChatPkt>> alices =
        spec.establish(network.ends().acceptor(), Role.ACCEPTOR)
            .doOnNext(peer -> peer.receive().subscribe(heard::add, failure -> {}))
            .doOnNext(peer -> peer.onClose().subscribe(ends::add));
    Mono<Void> bobs =
        spec.nodeKey(bob)
            .establish(network.ends().dialer(), Role.DIALER)
            .flatMap(peer -> peer.send(Flux.just(Chat.say("one")).concatWith(Flux.never())));

    alices.subscribe();
    bobs.subscribe(null, failure -> {});
    time.advanceTime();
    assertThat(heard).extracting(packet -> packet.getSay().getText()).containsExactly("one");

    network.stall();
    time.advanceTimeBy(Duration.ofMinutes(2));
    assertThat(ends).extracting(CloseReason::reason).containsExactly(Reason.IDLE_TIMEOUT);
    network.dispose();
    time.advanceTime();
  }

  @Test
  void aBreakInTheMiddleOfAProofIsNoConnection() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    MemoryLink network = MemoryLink.create(time);
    network.breakAfter(Direction.FORTH, 100, Break.END);
    List<Throwable> failures = new ArrayList<>();
    SessionSpec<ChatPkt> spec = SessionSpec.of(alice).codec(Chat.CODEC).curveScheduler(time);
    spec.establish(network.ends().acceptor(), Role.ACCEPTOR).subscribe(null, failures::add);
    spec.nodeKey(bob)
        .establish(network.ends().dialer(), Role.DIALER)
        .subscribe(peer -> {}, failure -> {});
    time.advanceTimeBy(Duration.ofMinutes(1));

    assertThat(failures)
        .singleElement()
        .isInstanceOfSatisfying(
            PeerException.class,
            failure -> assertThat(failure.reason()).isEqualTo(Reason.FRAME_TRUNCATED));
    network.dispose();
    time.advanceTime();
  }

  @Test
  void aPeerThatWantsMoreThanTheNodeKnowsIsTurnedAway() throws IOException {
    DisposablePeerServer node = Chat.listen(alice, 0, List.of(bob.id()));
    InetSocketAddress where = new InetSocketAddress("localhost", node.port());
    try (ScriptedPeer peer = ScriptedPeer.dial(where)) {
      peer.sendSessionKey().expectSessionKey().sendAuthenticate(bob);
      assertThat(peer.expectAuthenticate()).isEqualTo(alice.id());
      peer.sendPacket(ScriptedPeer.field(1002, "an even number".getBytes(UTF_8)));
      assertThat(new String(peer.expectPacket(), UTF_8)).contains("1002");
      peer.expectEnd();
    }
    node.disposeNow(Duration.ofSeconds(10));
  }
}
