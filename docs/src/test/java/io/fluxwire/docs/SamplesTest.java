package io.fluxwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import chat.Chat;
import chat.proto.ChatPkt;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.testing.FaultProxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** Runs what the pages on dialing and on callers show. */
class SamplesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final NodeKey alice = NodeKey.generate();
  private final NodeKey bob = NodeKey.generate();
  private DisposablePeerServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.disposeNow(LIMIT);
    }
  }

  private InetSocketAddress where() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
  }

  @Test
  void aLinkOutlivesANetworkThatBreaks() {
    Sinks.Many<String> heard = Sinks.many().unicast().onBackpressureBuffer();
    server =
        PeerServer.create(alice, Chat.CODEC)
            .handle(
                peer ->
                    peer.receive()
                        .doOnNext(packet -> heard.tryEmitNext(packet.getSay().getText()))
                        .then())
            .bindNow();
    FaultProxy network = FaultProxy.startNow(where());
    List<DialEvent> events = new CopyOnWriteArrayList<>();
    PeerLink<ChatPkt> link =
        Dialing.discovered(Flux.just(List.of(network.address())), alice.id(), events::add)
            .nodeKey(bob)
            .reconnect(spec -> spec.backoff(Duration.ofMillis(1), Duration.ofMillis(5)))
            .link();
    Dialing.tell(link, "one").then(Dialing.tell(link, "two")).block(LIMIT);
    StepVerifier.create(heard.asFlux().take(3))
        .expectNext("one", "two")
        .then(() -> assertThat(Dialing.survive(network, link).block(LIMIT)).isNotNull())
        .then(() -> Dialing.tell(link, "three").block(LIMIT))
        .expectNext("three")
        .expectComplete()
        .verify(LIMIT);
    assertThat(network.accepted()).isEqualTo(2);
    assertThat(events).hasAtLeastOneElementOfType(DialEvent.Connected.class);
    link.dispose();
    network.dispose();
  }

  @Test
  void followingGoesOnWithTheNextConnection() {
    Sinks.Many<ChatPkt> news = Sinks.many().multicast().directBestEffort();
    server =
        PeerServer.create(alice, Chat.CODEC)
            .handle(
                peer -> peer.send(Mono.just(Chat.say("hello")).concatWith(news.asFlux().take(1))))
            .bindNow();
    List<String> heard =
        Dialing.follow(
                PeerClient.create(Chat.CODEC)
                    .remote(where())
                    .expect(alice.id())
                    .reconnect(spec -> spec.backoff(Duration.ofMillis(1), Duration.ofMillis(5))))
            .doOnNext(text -> news.tryEmitNext(Chat.say("bye")))
            .take(4)
            .collectList()
            .block(LIMIT);
    assertThat(heard).contains("hello").hasSize(4);
  }

  @Test
  void aCallerThatBlocksGetsItsAnswers() {
    server =
        PeerServer.create(alice, Chat.CODEC).handle(peer -> peer.send(peer.receive())).bindNow();
    try (PeerLink<ChatPkt> link =
        PeerClient.create(bob, Chat.CODEC).remote(where()).expect(alice.id()).link()) {
      assertThat(BlockingCaller.talk(link, List.of("one", "two"))).containsExactly("one", "two");
    }
  }

  @Test
  void whoInsistsIsUpgradedByWhoAllowsItAndKnowsWhatCameOfIt() {
    server =
        PeerServer.create(alice, Chat.CODEC)
            .upgrade(UpgradePolicy.allowed())
            // A ping is answered while somebody reads.
            .handle(peer -> peer.receive().then())
            .bindNow();
    PeerClient<ChatPkt> client = PeerClient.create(bob, Chat.CODEC).remote(where());
    PeerConnection<ChatPkt> upgraded = Dialing.strict(client).connect().block(LIMIT);
    upgraded.receive().subscribe(null, ended -> {});
    assertThat(Dialing.negotiated(upgraded).block(LIMIT))
        .matches("upgraded, [A-Za-z0-9-]+, post-quantum, answers in PT.*S");
    PeerConnection<ChatPkt> plain = client.upgrade(UpgradePolicy.off()).connect().block(LIMIT);
    assertThat(Dialing.negotiated(plain).block(LIMIT)).isEqualTo("v3");
    upgraded.close().block(LIMIT);
    plain.close().block(LIMIT);
  }

  @Test
  void whoInsistsDoesNotTakeLess() {
    server = PeerServer.create(alice, Chat.CODEC).upgrade(UpgradePolicy.off()).bindNow();
    StepVerifier.create(
            Dialing.strict(PeerClient.create(bob, Chat.CODEC).remote(where())).connect())
        .expectErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOfSatisfying(
                        PeerException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Reason.UPGRADE_REQUIRED)))
        .verify(LIMIT);
  }

  @Test
  void aGroupMeetsAFriend() {
    PeerGroup<ChatPkt> alices = PeerGroup.of(alice.id());
    PeerGroup<ChatPkt> bobs = PeerGroup.of(bob.id());
    server = PeerServer.create(alice, Chat.CODEC).handle(alices::accept).bindNow();
    Mono<PeerGroup.Change<ChatPkt>> joined = bobs.changes().next().cache();
    joined.subscribe();
    DisposablePeerServer bobsServer = Dialing.join(bobs, bob, alice.id(), where());
    assertThat(joined.block(LIMIT)).isNotNull();
    assertThat(bobs.peers()).containsExactly(alice.id());
    bobs.dispose();
    alices.dispose();
    bobsServer.disposeNow(LIMIT);
  }

  @Test
  void aGroupThatNobodyReceivesFromSeesAPeerLeave() {
    server = PeerServer.create(alice, Chat.CODEC).bindNow();
    PeerGroup<ChatPkt> bobs = PeerGroup.of(bob.id());
    Flux<PeerGroup.Change<ChatPkt>> changes = bobs.changes().replay().autoConnect(0);
    try (DisposablePeerServer bobsServer = Dialing.join(bobs, bob, alice.id(), where())) {
      assertThat(changes.blockFirst(LIMIT)).isInstanceOf(PeerGroup.Change.Joined.class);

      server.close();

      assertThat(changes.take(2).blockLast(LIMIT)).isInstanceOf(PeerGroup.Change.Left.class);
      assertThat(bobs.peers()).isEmpty();
      bobs.dispose();
    }
  }
}
