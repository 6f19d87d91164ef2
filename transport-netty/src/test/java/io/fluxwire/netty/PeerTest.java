package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnectException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.access.Authorizer;
import io.fluxwire.access.Candidate;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.internal.AddressText;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.publisher.Sinks;

class PeerTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final List<DisposablePeerServer> servers = new ArrayList<>();

  @AfterEach
  void stop() {
    servers.forEach(server -> server.disposeNow(LIMIT));
  }

  private DisposablePeerServer listen(PeerServer<?> server) {
    DisposablePeerServer listening = server.host("127.0.0.1").bindNow();
    servers.add(listening);
    return listening;
  }

  private static PeerConnection<Pkt> connect(DisposablePeerServer server, NodeKey key) {
    return PeerClient.create().remote(server.address()).nodeKey(key).connect().block(LIMIT);
  }

  @Test
  void aClientDialsByNameAndStreamsBothWays() {
    DisposablePeerServer server =
        listen(
            PeerServer.create(PacketCodec.raw())
                .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain))));
    Flux<ByteBuf> packets =
        Flux.range(0, 20_000).map(i -> Unpooled.buffer(16).writeLong(i).writeLong(0));
    List<Long> answers =
        PeerClient.create(PacketCodec.raw())
            .remote("localhost", server.port())
            .expect(server.id())
            .connect()
            .flatMapMany(
                peer -> {
                  peer.send(packets).then(peer.close()).subscribe();
                  return peer.receive().map(ByteBuf::readLong);
                })
            .collectList()
            .block(LIMIT);

    assertThat(answers).hasSize(20_000).isSorted();
  }

  @Test
  void eachSideKnowsTheOthersIdAndWhyItWent() {
    Sinks.One<NodeId> met = Sinks.one();
    Sinks.One<CloseReason> gone = Sinks.one();
    DisposablePeerServer server =
        listen(
            PeerServer.create()
                .handle(
                    peer -> {
                      met.tryEmitValue(peer.remoteId());
                      peer.onClose().subscribe(gone::tryEmitValue);
                      return peer.receive().then();
                    }));
    NodeKey key = NodeKey.generate();
    PeerConnection<Pkt> peer = connect(server, key);

    assertThat(peer.remoteId()).isEqualTo(server.id());
    assertThat(met.asMono().block(LIMIT)).isEqualTo(key.id());
    peer.close().block(LIMIT);
    assertThat(peer.onClose().block(LIMIT).reason()).isEqualTo(Reason.CLOSED_LOCALLY);
    assertThat(gone.asMono().block(LIMIT).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  /** As its Javadoc says, so that nobody does there what other handshakes would wait for. */
  @Test
  void theAuthorizerIsAskedOnACurveThread() {
    Sinks.One<String> thread = Sinks.one();
    DisposablePeerServer server =
        listen(
            PeerServer.create()
                .authorize(
                    peer -> {
                      thread.tryEmitValue(Thread.currentThread().getName());
                      return Mono.just(true);
                    }));
    connect(server, NodeKey.generate()).dispose();

    assertThat(thread.asMono().block(LIMIT)).startsWith("fluxwire-curve");
  }

  @Test
  void theAuthorizerLearnsWhoAsksAndFromWhere() {
    Sinks.One<Candidate> asking = Sinks.one();
    DisposablePeerServer server =
        listen(
            PeerServer.create()
                .authorize(
                    peer -> {
                      asking.tryEmitValue(peer);
                      return Mono.just(true);
                    }));
    NodeKey key = NodeKey.generate();
    PeerConnection<Pkt> peer = connect(server, key);

    Candidate candidate = asking.asMono().block(LIMIT);
    assertThat(candidate.id()).isEqualTo(key.id());
    assertThat(candidate.address()).isEqualTo(peer.localAddress());
    assertThat(candidate).hasToString(key.id() + " at " + AddressText.of(peer.localAddress()));
    peer.dispose();
  }

  @Test
  void whenTheHandlerCompletesTheConnectionCloses() {
    DisposablePeerServer server =
        listen(PeerServer.create().handle(peer -> peer.send(Mono.just(Hello.packet()))));
    PeerConnection<Pkt> peer = connect(server, NodeKey.generate());

    List<Pkt> received = peer.receive().collectList().block(LIMIT);

    assertThat(received).singleElement().matches(Hello::is);
    assertThat(peer.onClose().block(LIMIT).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  @Test
  void aHandlerThatFailsClosesItsConnectionOnly() {
    List<PeerConnection<Pkt>> seen = new CopyOnWriteArrayList<>();
    DisposablePeerServer server =
        listen(
            PeerServer.create()
                .handle(
                    peer -> {
                      seen.add(peer);
                      return seen.size() == 1
                          ? peer.receive()
                              .next()
                              .then(Mono.error(new IllegalStateException("the handler's bug")))
                          : peer.receive().then();
                    }));
    PeerConnection<Pkt> first = connect(server, NodeKey.generate());
    first.sendOne(Hello.packet()).block(LIMIT);
    first.receive().onErrorComplete().then(first.onClose()).block(LIMIT);
    PeerConnection<Pkt> second = connect(server, NodeKey.generate());

    assertThat(second.isDisposed()).isFalse();
    second.close().block(LIMIT);
  }

  /** "All was sent" is what the peer would take a close for. The bug itself is not its business. */
  @Test
  void thePeerOfAHandlerThatFailsIsTold() {
    for (UpgradePolicy upgrade : List.of(UpgradePolicy.off(), UpgradePolicy.required())) {
      DisposablePeerServer server =
          listen(
              PeerServer.create()
                  .upgrade(upgrade)
                  .handle(
                      peer ->
                          peer.sendOne(Hello.packet())
                              .then(Mono.error(new IllegalStateException("a secret")))));
      PeerConnection<Pkt> peer = connect(server, NodeKey.generate());
      List<Signal<Pkt>> received = peer.receive().materialize().collectList().block(LIMIT);

      assertThat(received).hasSize(2);
      assertThat(received.get(1).getThrowable())
          .isInstanceOfSatisfying(
              ConnectionClosedException.class,
              told -> {
                assertThat(told.reason()).isEqualTo(Reason.PEER_ERROR);
                assertThat(told.problem()).isEqualTo("the application failed");
              });
      server.disposeNow(LIMIT);
    }
  }

  @Test
  void aHandlerOfBytesThatFailsBreaksItsStreamOff() {
    DisposablePeerServer server =
        listen(
            PeerServer.create(PacketCodec.raw())
                .upgrade(UpgradePolicy.off())
                .handle(
                    peer ->
                        peer.send(
                                Mono.fromSupplier(() -> Unpooled.wrappedBuffer(new byte[100_000])))
                            .then(Mono.error(new IllegalStateException("a secret")))));
    PeerConnection<ByteBuf> peer =
        PeerClient.create(PacketCodec.raw()).remote(server.address()).connect().block(LIMIT);
    List<Signal<Integer>> received =
        peer.receive().map(ByteBuf::readableBytes).materialize().collectList().block(LIMIT);

    assertThat(received.get(0).get()).isEqualTo(100_000);
    assertThat(received.get(1).getThrowable())
        .isInstanceOfSatisfying(
            PeerException.class, end -> assertThat(end.reason()).isEqualTo(Reason.FRAME_TRUNCATED));
  }

  /** Its end is read with its last packet, and the answer is more than a socket takes at once. */
  @Test
  void aLargeAnswerReachesAPeerThatHasEnded() {
    DisposablePeerServer server =
        listen(
            PeerServer.create(PacketCodec.raw())
                .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain))));
    for (int i = 0; i < 5; i++) {
      PeerConnection<ByteBuf> peer =
          PeerClient.create(PacketCodec.raw()).remote(server.address()).connect().block(LIMIT);
      Mono<Integer> answer = peer.receive().map(ByteBuf::readableBytes).single().cache();
      answer.subscribe();
      peer.sendOne(Unpooled.wrappedBuffer(new byte[1_000_000])).then(peer.close()).block(LIMIT);
      assertThat(answer.block(LIMIT)).isEqualTo(1_000_000);
    }
  }

  @Test
  void anUnauthorizedPeerIsRefusedWithTheReasonOnBothSides() {
    Sinks.One<PeerException> refused = Sinks.one();
    DisposablePeerServer server =
        listen(
            PeerServer.create()
                .authorize(Authorizer.allowing(List.of(NodeKey.generate().id())))
                .doOnHandshakeFailure(failure -> refused.tryEmitValue(failure.cause())));

    assertThatThrownBy(() -> connect(server, NodeKey.generate()))
        .isInstanceOf(DialException.class)
        .hasMessageContaining("not authorized");
    assertThat(refused.asMono().block(LIMIT).reason()).isEqualTo(Reason.NOT_AUTHORIZED);
  }

  @Test
  void aNodeThatDialsItselfIsRefused() {
    NodeKey key = NodeKey.generate();
    DisposablePeerServer server = listen(PeerServer.create().nodeKey(key));

    assertThatThrownBy(() -> connect(server, key))
        .isInstanceOfSatisfying(
            DialException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NODE_ID_OWN));
  }

  @Test
  void addressesAreTriedInTurn() {
    DisposablePeerServer server = listen(PeerServer.create());
    FixedResolver names = new FixedResolver("127.0.0.2", "127.0.0.3", "127.0.0.1");
    PeerConnection<Pkt> peer =
        PeerClient.create()
            .remote("node.test", server.port())
            .tcp(tcp -> tcp.resolver(names))
            .connect()
            .block(LIMIT);

    assertThat(((InetSocketAddress) peer.remoteAddress()).getAddress().getHostAddress())
        .isEqualTo("127.0.0.1");
    peer.close().block(LIMIT);
  }

  @Test
  void whenAllAddressesFailTheDialFailsOnceWithACauseForEach() {
    FixedResolver names = new FixedResolver("127.0.0.2", "127.0.0.3");
    Mono<?> dial =
        PeerClient.create().remote("node.test", 1).tcp(tcp -> tcp.resolver(names)).connect();

    assertThatThrownBy(() -> dial.block(LIMIT))
        .isInstanceOfSatisfying(
            DialException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.ALL_ADDRESSES_FAILED);
              assertThat(e.isRetryable()).isTrue();
              assertThat(e.failures()).hasSize(2);
              assertThat(e.failures()).allMatch(f -> f.cause() instanceof PeerConnectException);
              assertThat(e).hasMessageContaining("127.0.0.2").hasMessageContaining("127.0.0.3");
            });
  }

  @Test
  void aNameWithoutAnAddressFailsTheDial() {
    FixedResolver names = new FixedResolver();
    Mono<?> dial =
        PeerClient.create().remote("node.test", 1).tcp(tcp -> tcp.resolver(names)).connect();

    assertThatThrownBy(() -> dial.block(LIMIT))
        .isInstanceOfSatisfying(
            DialException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NAME_NOT_RESOLVED));
  }

  @Test
  void aDialWithoutARemoteSaysWhatIsMissing() {
    PeerClient<Pkt> client = PeerClient.create();
    PeerClient<Pkt> specialised = client.remote("localhost", 1);

    assertThat(specialised).isNotSameAs(client);
    assertThatThrownBy(() -> client.connect().block(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("remote(host, port)");
  }

  @Test
  void disposingAServerClosesItsPeersInGoodOrderAndStopsListening() {
    Sinks.One<NodeId> met = Sinks.one();
    DisposablePeerServer server =
        listen(
            PeerServer.create()
                .handle(
                    peer -> {
                      met.tryEmitValue(peer.remoteId());
                      return peer.receive().then();
                    }));
    PeerConnection<Pkt> peer = connect(server, NodeKey.generate());
    met.asMono().block(LIMIT);
    assertThat(server.peerCount()).isEqualTo(1);

    Mono<List<Pkt>> rest = peer.receive().collectList().cache();
    rest.subscribe();
    server.disposeNow(LIMIT);

    assertThat(rest.block(LIMIT)).isEmpty();
    assertThat(peer.onClose().block(LIMIT).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
    assertThat(server.peerCount()).isZero();
    assertThatThrownBy(() -> connect(server, NodeKey.generate())).isInstanceOf(DialException.class);
  }

  @Test
  void aDialCanBeSubscribedAgainAndSharesNothing() {
    DisposablePeerServer server = listen(PeerServer.create());
    Mono<PeerConnection<Pkt>> dial = PeerClient.create().remote(server.address()).connect();

    PeerConnection<Pkt> first = dial.block(LIMIT);
    PeerConnection<Pkt> second = dial.block(LIMIT);
    assertThat(first.localAddress()).isNotEqualTo(second.localAddress());
    first.close().block(LIMIT);
    assertThat(second.isDisposed()).isFalse();
    second.close().block(LIMIT);
  }
}
