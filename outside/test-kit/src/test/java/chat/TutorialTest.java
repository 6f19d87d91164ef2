package chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import chat.proto.ChatPkt;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;
import reactor.util.retry.RetryBackoffSpec;

/** Runs what the tutorial shows. */
class TutorialTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final RetryBackoffSpec TWICE_AT_ONCE = Retry.backoff(2, Duration.ofMillis(1));

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

  private PeerConnection<ChatPkt> bobAtAlices() {
    return Chat.dial(bob, where(), alice.id()).block(LIMIT);
  }

  @Test
  void aNodeWhoseKeyIsAtAServiceIsWhoItSaysItIs() {
    server =
        Chat.listen(
            new Chat.KeyService(
                alice.id(), hash -> alice.sign(hash).delayElement(Duration.ofMillis(1))),
            0,
            List.of(bob.id()));

    assertThat(bobAtAlices().remoteId()).isEqualTo(alice.id());
  }

  @Test
  void aKeyIsMadeOnceAndLoadedThen(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("bob.key");

    assertThat(Chat.key(file).id()).isEqualTo(Chat.key(file).id());
  }

  @Test
  void friendsTalkAndLeaveInGoodOrder() {
    server = Chat.listen(alice, 0, List.of(bob.id()));
    PeerConnection<ChatPkt> peer = bobAtAlices();

    assertThat(Chat.talk(peer, Flux.just("one", "two")).collectList().block(LIMIT))
        .containsExactly("ONE", "TWO");
    assertThat(peer.onClose().block(LIMIT).reason()).isEqualTo(Reason.CLOSED_LOCALLY);
  }

  @Test
  void aStrangerIsTurnedAwayAndHearsWhy() {
    server = Chat.listen(alice, 0, List.of());
    Flux<ChatPkt> received =
        Chat.dial(bob, where(), alice.id()).flatMapMany(PeerConnection::receive);

    Throwable failure = catchThrowable(() -> received.blockLast(LIMIT));
    assertThat(failure).isInstanceOf(PeerException.class);
    assertThat(Endings.explain(failure)).contains("the peer says: ", "not authorized");
  }

  @Test
  void aSlowReaderMakesAnEndlessWriterWait() {
    server = Feed.listen(alice, Feed.endless());
    PeerConnection<ChatPkt> peer = bobAtAlices();

    assertThat(Feed.slowly(peer, Mono::just).take(1000).collectList().block(LIMIT))
        .hasSize(1000)
        .startsWith("line 0", "line 1")
        .endsWith("line 999");
    peer.dispose();
  }

  @Test
  void aConnectionSaysWhatItNegotiated() {
    PeerServer<ChatPkt> any = PeerServer.create(alice, Chat.CODEC);
    PeerClient<ChatPkt> client = PeerClient.create(bob, Chat.CODEC).expect(alice.id());
    server = any.upgrade(UpgradePolicy.allowed()).bindNow();

    PeerConnection<ChatPkt> peer =
        Upgraded.insisting(client.remote(where())).connect().block(LIMIT);
    assertThat(Upgraded.negotiated(peer)).endsWith(", post-quantum");
    peer.close().block(LIMIT);
    peer = client.remote(where()).upgrade(UpgradePolicy.off()).connect().block(LIMIT);
    assertThat(Upgraded.negotiated(peer)).isEqualTo("version 3");
    peer.close().block(LIMIT);
  }

  @Test
  void whoInsistsOnAnUpgradeRefusesVersion3() {
    server = PeerServer.create(alice, Chat.CODEC).upgrade(UpgradePolicy.off()).bindNow();
    PeerClient<ChatPkt> client = PeerClient.create(bob, Chat.CODEC).remote(where());

    Throwable failure =
        catchThrowable(() -> Upgraded.insisting(client).expect(alice.id()).connect().block(LIMIT));
    assertThat(failure)
        .isInstanceOfSatisfying(
            DialException.class,
            dial -> assertThat(dial.reason()).isEqualTo(Reason.UPGRADE_REQUIRED));
  }

  @Test
  void aSourceIsAskedFor128PacketsAtFirst() {
    Sinks.One<Long> asked = Sinks.one();
    server = Feed.listen(alice, Flux.<ChatPkt>never().doOnRequest(asked::tryEmitValue));
    PeerConnection<ChatPkt> peer = bobAtAlices();

    assertThat(asked.asMono().block(LIMIT)).isEqualTo(128);
    peer.close().block(LIMIT);
  }

  @Test
  void theEndIsToldOnce() {
    server = Chat.listen(alice, 0, List.of(bob.id()));
    PeerConnection<ChatPkt> peer = bobAtAlices();
    Sinks.One<String> log = Sinks.one();
    Endings.watch(peer, log::tryEmitValue);

    Flux<ChatPkt> received = peer.receive().doOnSubscribe(s -> server.dispose());
    assertThat(received.collectList().block(LIMIT)).isEmpty();
    assertThat(log.asMono().block(LIMIT)).isEqualTo(alice.id() + " is gone: closed by the peer");
  }

  @Test
  void aSendThatIsNotDoneErrorsWhenTheConnectionEnds() {
    server = Chat.listen(alice, 0, List.of(bob.id()));
    PeerConnection<ChatPkt> peer = bobAtAlices();
    Mono<Void> sending =
        peer.send(Flux.<ChatPkt>never().doOnRequest(n -> peer.close().subscribe()));

    assertThatThrownBy(() -> sending.block(LIMIT))
        .isInstanceOfSatisfying(
            ConnectionClosedException.class,
            closed -> assertThat(closed.reason()).isEqualTo(Reason.CLOSED_LOCALLY));
  }

  @Test
  void aDialGoesOnOnlyWhereThatCanHelp() {
    server = Chat.listen(alice, 0, List.of(bob.id()));
    AtomicInteger dials = new AtomicInteger();
    Mono<PeerConnection<ChatPkt>> dial =
        Chat.dial(bob, where(), bob.id()).doOnSubscribe(s -> dials.incrementAndGet());

    Throwable failure =
        catchThrowable(() -> Endings.persistently(dial, TWICE_AT_ONCE).block(LIMIT));
    assertThat(failure).isInstanceOf(DialException.class);
    assertThat(Endings.explain(failure)).endsWith(Reason.NODE_ID_UNEXPECTED.name());
    assertThat(dials).hasValue(1);
  }

  @Test
  void aDialGoesOnWhereNobodyListens() throws Exception {
    try (Socket bound = new Socket()) {
      // Bound and not listening, so that nobody else can have the port.
      bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      InetSocketAddress nobody = (InetSocketAddress) bound.getLocalSocketAddress();
      AtomicInteger dials = new AtomicInteger();
      Mono<PeerConnection<ChatPkt>> dial =
          Chat.dial(bob, nobody, alice.id()).doOnSubscribe(s -> dials.incrementAndGet());

      Throwable failure =
          catchThrowable(() -> Endings.persistently(dial, TWICE_AT_ONCE).block(LIMIT));
      assertThat(Exceptions.isRetryExhausted(failure)).isTrue();
      assertThat(failure.getCause())
          .isInstanceOfSatisfying(
              PeerException.class,
              cause -> assertThat(cause.reason()).isEqualTo(Reason.CONNECT_FAILED));
      assertThat(dials).hasValue(3);
    }
  }

  @Test
  void aDialThatSucceedsIsNotRepeated() {
    server = Chat.listen(alice, 0, List.of(bob.id()));

    PeerConnection<ChatPkt> peer =
        Endings.persistently(Chat.dial(bob, where(), alice.id()), Endings.waits()).block(LIMIT);
    assertThat(peer.remoteId()).isEqualTo(alice.id());
    peer.close().block(LIMIT);
  }
}
