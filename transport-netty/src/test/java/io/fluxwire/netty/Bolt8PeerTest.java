package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.CloseReason;
import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters.Protocol;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Clients and servers that speak BOLT 8, over TCP. */
class Bolt8PeerTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final NodeKey serverKey = NodeKey.generate();
  private final NodeKey clientKey = NodeKey.generate();
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

  private PeerServer<ByteBuf> echo() {
    return PeerServer.bolt8(serverKey)
        .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain)));
  }

  private PeerClient<ByteBuf> client(DisposablePeerServer server) {
    return PeerClient.bolt8(clientKey).remote(server.address()).expect(server.id());
  }

  private static Reason reasonOf(Throwable thrown) {
    assertThat(thrown).isInstanceOf(DialException.class);
    DialException failure = (DialException) thrown;
    assertThat(failure.failures()).hasSize(1);
    return failure.failures().get(0).cause().reason();
  }

  @Test
  void messagesOfEverySizeComeBackOverManyRotations() {
    DisposablePeerServer server = listen(echo());
    List<Integer> sizes =
        Flux.range(0, 4_000).map(i -> i % 100 == 0 ? 65_535 : i % 300).collectList().block(LIMIT);
    PeerConnection<ByteBuf> peer = client(server).connectNow(LIMIT);
    Mono<List<Integer>> answered =
        peer.receive().map(ByteBuf::readableBytes).take(sizes.size()).collectList();
    // Closed only after the last answer, which no timeout of an end has to wait for.
    List<Integer> answers =
        answered
            .doOnSubscribe(
                ignored ->
                    peer.send(
                            Flux.fromIterable(sizes)
                                .map(size -> Unpooled.buffer(size + 1).writeZero(size)))
                        .subscribe())
            .block(LIMIT);
    peer.close().block(LIMIT);
    assertThat(answers).isEqualTo(sizes);
  }

  @Test
  void eachSideKnowsTheOthersIdAndWhatTheySpeak() {
    Sinks.One<PeerConnection<ByteBuf>> met = Sinks.one();
    Sinks.One<CloseReason> gone = Sinks.one();
    DisposablePeerServer server =
        listen(
            PeerServer.bolt8(serverKey)
                .handle(
                    peer -> {
                      met.tryEmitValue(peer);
                      peer.onClose().subscribe(gone::tryEmitValue);
                      return peer.receive().then();
                    }));
    PeerConnection<ByteBuf> peer = client(server).connectNow(LIMIT);
    assertThat(peer.remoteId()).isEqualTo(serverKey.id());
    assertThat(peer.session().protocol()).isEqualTo(Protocol.BOLT8);
    assertThat(met.asMono().block(LIMIT).remoteId()).isEqualTo(clientKey.id());
    peer.close().block(LIMIT);
    assertThat(gone.asMono().block(LIMIT).reason()).isEqualTo(Reason.CLOSED_UNAUTHENTICATED);
  }

  @Test
  void theApplicationsCodecMayWriteTheMessages() {
    DisposablePeerServer server =
        listen(
            PeerServer.create(serverKey)
                .dialects(Dialect.BOLT8)
                .handle(peer -> peer.closeWithError("not today")));
    PeerConnection<Pkt> peer =
        PeerClient.create(clientKey)
            .dialect(Dialect.BOLT8)
            .remote(server.address())
            .expect(server.id())
            .connectNow(LIMIT);
    Throwable thrown = catchThrowable(() -> peer.receive().blockLast(LIMIT));
    assertThat(thrown).hasMessageContaining("not today");
    assertThat(peer.onClose().block(LIMIT).reason()).isEqualTo(Reason.PEER_ERROR);
  }

  @Test
  void aDialWithoutAnIdIsRefusedBeforeAnythingIsDone() {
    PeerClient<ByteBuf> anyone = PeerClient.bolt8(clientKey).remote("127.0.0.1", 1);
    assertThatThrownBy(() -> anyone.connect().block(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("set expect(nodeId) first");
    assertThatThrownBy(() -> anyone.connections().blockFirst(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("set expect(nodeId) first");
  }

  @Test
  void whatBolt8DoesNotHaveIsRefusedByName() {
    UpgradePolicy postQuantum = UpgradePolicy.allowed().postQuantum(Mode.REQUIRED);
    ChannelSpec channels = ChannelSpec.of(MemoryChannelStore.create());
    PeerClient<ByteBuf> client =
        PeerClient.bolt8(clientKey).remote("127.0.0.1", 1).expect(serverKey.id());
    assertThatThrownBy(() -> client.upgrade(postQuantum).connect().block(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no post-quantum secrecy");
    assertThatThrownBy(() -> client.channel("c", channels).block(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no channels");
    assertThatThrownBy(() -> echo().upgrade(postQuantum).bindNow(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no post-quantum secrecy");
    assertThatThrownBy(() -> echo().channels(channels, channel -> Mono.empty()).bindNow(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no channels");
  }

  @Test
  void anotherNodeThanTheExpectedOneIsSilentAndTheDialSaysWhatThatMeans() {
    DisposablePeerServer server = listen(echo());
    Throwable thrown =
        catchThrowable(() -> client(server).expect(NodeKey.generate().id()).connect().block(LIMIT));
    assertThat(reasonOf(thrown)).isIn(Reason.CLOSED_BY_PEER, Reason.CONNECTION_LOST);
  }

  @Test
  void aServerOfVersion3IsNamed() {
    DisposablePeerServer server = listen(PeerServer.create(serverKey));
    Throwable thrown = catchThrowable(() -> client(server).connect().block(LIMIT));
    assertThat(reasonOf(thrown)).isEqualTo(Reason.ACT_TWO_VERSION);
    assertThat(thrown).hasMessageContaining("it speaks version 3");
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void onePortTakesBothDialects(Dialect dialect) {
    DisposablePeerServer server =
        listen(
            PeerServer.create(serverKey, PacketCodec.raw())
                .dialects(Dialect.V3, Dialect.BOLT8)
                .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain))));
    PeerConnection<ByteBuf> peer = client(server).dialect(dialect).connectNow(LIMIT);
    assertThat(peer.session().protocol())
        .isEqualTo(dialect == Dialect.V3 ? Protocol.UPGRADED : Protocol.BOLT8);
    Mono<Integer> answer = peer.receive().map(ByteBuf::readInt).next();
    peer.sendOne(Unpooled.buffer().writeInt(5).writeZero(12)).subscribe();
    assertThat(answer.block(LIMIT)).isEqualTo(5);
    peer.dispose();
  }

  @Test
  void aPortForBothTellsAProberNothing() throws Exception {
    DisposablePeerServer server =
        listen(PeerServer.create(serverKey, PacketCodec.raw()).dialects(Dialect.V3, Dialect.BOLT8));
    try (Socket prober = new Socket()) {
      prober.connect(server.address());
      prober.getOutputStream().write(new byte[] {0x16, 3, 1});
      assertThat(answerTo(prober)).isEqualTo(-1);
    }
  }

  /** A byte; -1 if there is none. */
  private static int answerTo(Socket prober) {
    try {
      return prober.getInputStream().read();
    } catch (IOException e) {
      return -1;
    }
  }

  @Test
  void whoIsCutOffIsDialledAgain() {
    DisposablePeerServer server = listen(echo());
    List<NodeId> met = new ArrayList<>();
    client(server)
        .reconnect(spec -> spec.backoff(Duration.ofMillis(1), Duration.ofMillis(10)))
        .connections()
        .take(3)
        .doOnNext(
            peer -> {
              met.add(peer.remoteId());
              peer.dispose();
            })
        .blockLast(LIMIT);
    assertThat(met).hasSize(3).containsOnly(serverKey.id());
  }

  /** Each act one costs an agreement, and a slot bounds how many are under way. */
  @Test
  void aFloodOfActsCostsNoMoreAgreementsThanThereAreSlots() throws Exception {
    AtomicInteger agreements = new AtomicInteger();
    Sinks.Empty<byte[]> never = Sinks.empty();
    NodeIdentity slow =
        new NodeIdentity() {
          @Override
          public NodeId id() {
            return serverKey.id();
          }

          @Override
          public Mono<byte[]> sign(byte[] hash) {
            return serverKey.sign(hash);
          }

          @Override
          public Mono<byte[]> agree(byte[] publicKey) {
            agreements.incrementAndGet();
            return never.asMono();
          }
        };
    Sinks.Many<Reason> refused = Sinks.many().replay().all();
    DisposablePeerServer server =
        listen(
            PeerServer.bolt8(slow)
                .limits(limits -> limits.handshakes(3, 3))
                .doOnHandshakeFailure(failure -> refused.tryEmitNext(failure.cause().reason())));
    byte[] act = new byte[50];
    System.arraycopy(clientKey.id().toBytes(), 0, act, 1, 33);
    List<Socket> flood = new ArrayList<>();
    try {
      for (int i = 0; i < 30; i++) {
        Socket one = new Socket();
        flood.add(one);
        one.connect(server.address());
        sayIfItIsTaken(one, act);
      }
      List<Reason> reasons = refused.asFlux().take(27).collectList().block(LIMIT);
      long madeWay = reasons.stream().filter(Reason.HANDSHAKE_EVICTED::equals).count();
      assertThat((long) agreements.get()).isLessThanOrEqualTo(3 + madeWay);
    } finally {
      for (Socket one : flood) {
        one.close();
      }
    }
  }

  private static void sayIfItIsTaken(Socket one, byte[] act) {
    try {
      one.getOutputStream().write(act);
    } catch (IOException e) {
      // It has no slot, and was reset before it said anything.
    }
  }
}
