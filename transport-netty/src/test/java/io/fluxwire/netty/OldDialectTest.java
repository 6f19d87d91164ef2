package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A node that speaks only the old dialect is served, in either role. */
@ParameterizedClass
@MethodSource("policies")
class OldDialectTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** It does not know the offer that it is made, or the choice that it could have had. */
  static List<UpgradePolicy> policies() {
    return List.of(
        UpgradePolicy.off(),
        UpgradePolicy.allowed().postQuantum(Mode.OFF),
        UpgradePolicy.allowed().postQuantum(Mode.ALLOWED));
  }

  private final UpgradePolicy policy;
  private final NodeKey key = NodeKey.generate();
  private final Sinks.One<NodeId> met = Sinks.one();
  private final Sinks.One<CloseReason> gone = Sinks.one();
  private final Sinks.Many<Pkt> received = Sinks.many().replay().all();
  private DisposablePeerServer server;

  OldDialectTest(UpgradePolicy policy) {
    this.policy = policy;
  }

  @BeforeEach
  void listen() {
    server =
        PeerServer.create()
            .host("127.0.0.1")
            .nodeKey(key)
            .upgrade(policy)
            .handle(
                peer -> {
                  met.tryEmitValue(peer.remoteId());
                  peer.onClose().subscribe(gone::tryEmitValue);
                  return peer.send(Mono.just(Hello.packet()))
                      .and(peer.receive().doOnNext(received::tryEmitNext));
                })
            .bindNow();
  }

  @AfterEach
  void stop() {
    server.disposeNow(LIMIT);
  }

  private Reason goneFor() {
    return gone.asMono().block(LIMIT).reason();
  }

  @Test
  void anOldPeerThatDialsSaysHelloAndClosesRightAfterIt() throws Exception {
    try (OldPeer old = OldPeer.dial(server.address())) {
      assertThat(NodeId.of(old.handshake())).isEqualTo(key.id());
      old.send(OldPeer.error("hello"));
      byte[] hello = old.receive();
      assertThat(hello).as("ours has a filler").hasSizeGreaterThanOrEqualTo(16);
      assertThat(hello).startsWith(OldPeer.error("hello"));
      assertThat(met.asMono().block(LIMIT)).isEqualTo(NodeId.of(old.nodeId()));
    }

    assertThat(received.asFlux().next().block(LIMIT)).matches(Hello::is);
    assertThat(goneFor()).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  @Test
  void anOldPeerThatIsDialledAuthenticatesAtOnceAndSaysHello() throws Exception {
    try (ServerSocket listener = OldPeer.listen()) {
      CompletableFuture<byte[]> theirId = new CompletableFuture<>();
      CompletableFuture<byte[]> itsId = new CompletableFuture<>();
      Thread old =
          new Thread(
              () -> {
                try (OldPeer peer = OldPeer.accept(listener)) {
                  itsId.complete(peer.nodeId());
                  byte[] id = peer.handshake();
                  peer.send(OldPeer.error("hello"));
                  assertThat(peer.receive()).startsWith(OldPeer.error("hello"));
                  theirId.complete(id);
                } catch (Exception | AssertionError e) {
                  theirId.completeExceptionally(e);
                }
              });
      old.start();
      PeerConnection<Pkt> peer =
          PeerClient.create()
              .nodeKey(key)
              .upgrade(policy)
              .remote((InetSocketAddress) listener.getLocalSocketAddress())
              .connect()
              .block(LIMIT);
      peer.send(Mono.just(Hello.packet())).block(LIMIT);
      List<Pkt> packets = peer.receive().collectList().block(LIMIT);

      assertThat(packets).singleElement().matches(Hello::is);
      assertThat(peer.onClose().block(LIMIT).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
      assertThat(theirId.join()).isEqualTo(key.id().toBytes());
      assertThat(peer.remoteId()).isEqualTo(NodeId.of(itsId.join()));
      old.join();
    }
  }

  @Test
  void frameArrivesByteByByte() throws Exception {
    try (OldPeer old = OldPeer.dial(server.address())) {
      old.handshake();
      old.sendByteByByte(OldPeer.error("hello"));
      assertThat(received.asFlux().next().block(LIMIT)).matches(Hello::is);
    }
    assertThat(goneFor()).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  @Test
  void anUnknownOddFieldOfAuthenticateIsIgnored() throws Exception {
    try (OldPeer old = OldPeer.dial(server.address())) {
      old.handshake(OldPeer.field(1003, new byte[] {1, 2, 3}));
      assertThat(met.asMono().block(LIMIT)).isEqualTo(NodeId.of(old.nodeId()));
    }
    assertThat(goneFor()).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  @Test
  void anErrorEndsTheSessionWithItsText() throws Exception {
    try (OldPeer old = OldPeer.dial(server.address())) {
      old.handshake();
      old.send(OldPeer.error("out of memory"));
      CloseReason reason = gone.asMono().block(LIMIT);

      assertThat(reason.reason()).isEqualTo(Reason.PEER_ERROR);
      assertThat(reason.cause())
          .isInstanceOfSatisfying(
              ConnectionClosedException.class,
              e -> assertThat(e.problem()).isEqualTo("out of memory"));
    }
  }

  @Test
  void anUnknownEvenFieldEndsTheSessionAndTheOldPeerIsToldWhich() throws Exception {
    try (OldPeer old = OldPeer.dial(server.address())) {
      old.handshake();
      // Read first: a session that ends drops what its handler has not handed over yet.
      assertThat(old.receive()).startsWith(OldPeer.error("hello"));
      old.send(OldPeer.field(200, new byte[20]));
      assertThat(goneFor()).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
      assertThat(new String(old.receive(), StandardCharsets.ISO_8859_1)).contains("field 200");
      assertThat(old.isAtEnd()).isTrue();
    }
  }

  @Test
  void anUnknownOddPacketIsSkipped() throws Exception {
    try (OldPeer old = OldPeer.dial(server.address())) {
      old.handshake();
      old.send(OldPeer.field(201, new byte[20]));
      old.send(OldPeer.error("hello"));
      assertThat(received.asFlux().next().block(LIMIT)).matches(Hello::is);
    }
    assertThat(goneFor()).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  @Test
  void anEndInsideAFrameIsATruncation() throws Exception {
    try (OldPeer old = OldPeer.dial(server.address())) {
      old.handshake();
      old.sendHalf(OldPeer.error("hello"));
    }
    assertThat(goneFor()).isEqualTo(Reason.FRAME_TRUNCATED);
  }

  @Test
  void aResetInsideAFrameIsALostConnection() throws Exception {
    OldPeer old = OldPeer.dial(server.address());
    old.handshake();
    assertThat(old.receive()).startsWith(OldPeer.error("hello"));
    old.sendHalf(OldPeer.error("hello"));
    old.reset();

    assertThat(goneFor()).isEqualTo(Reason.CONNECTION_LOST);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSenderMeetsTheEndOfItsPeerWithAnError(boolean byReset) throws Exception {
    Sinks.One<Throwable> failed = Sinks.one();
    DisposablePeerServer sending =
        PeerServer.create()
            .host("127.0.0.1")
            .upgrade(policy)
            .handle(
                peer ->
                    peer.send(Flux.just(Hello.packet()).repeat())
                        .doOnError(failed::tryEmitValue)
                        .and(peer.receive()))
            .bindNow();
    try (OldPeer old = OldPeer.dial(sending.address())) {
      old.handshake();
      old.receive();
      if (byReset) {
        old.reset();
      }
    }
    assertThat(failed.asMono().block(LIMIT)).isInstanceOf(ConnectionClosedException.class);
    sending.disposeNow(LIMIT);
  }
}
