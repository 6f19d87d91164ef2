package io.fluxwire.session;

import static io.fluxwire.handshake.Dialect.BOLT8;
import static io.fluxwire.handshake.Dialect.V3;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.AuthenticationException;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.SignerException;
import io.fluxwire.access.Authorizer;
import io.fluxwire.crypto.Aead;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Sessions of BOLT 8 (protocol.md section 11), from the first byte to the end. */
class Bolt8SessionTest {

  private static final int[] SIZES = {0, 1, 2, 15, 16, 64, 65, 1_000, 4_096, 16_384, 65_535};

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
  private final List<SessionPair<?>> pairs = new ArrayList<>();

  private SessionPair<ByteBuf> pair(UnaryOperator<SessionSpec<ByteBuf>> both) {
    SessionPair<ByteBuf> pair =
        SessionPair.over(
            time,
            MemoryDuplex.pair(time, allocator),
            PacketCodec.messages(),
            spec -> both.apply(spec).dialects(BOLT8));
    pairs.add(pair);
    return pair;
  }

  @AfterEach
  void close() {
    pairs.forEach(SessionPair::close);
    assertThat(allocator.metric().usedHeapMemory()).as("heap buffers not released").isZero();
    assertThat(allocator.metric().usedDirectMemory()).as("direct ones").isZero();
  }

  private static List<Object> seen(PeerConnection<ByteBuf> peer) {
    List<Object> seen = new ArrayList<>();
    peer.receive()
        .map(ByteBuf::readableBytes)
        .subscribe(
            seen::add,
            failure -> seen.add(((PeerException) failure).reason()),
            () -> seen.add("end"));
    return seen;
  }

  private ByteBuf message(int size) {
    return allocator.heapBuffer(size).writeZero(size);
  }

  private static @Nullable Reason reason(@Nullable Throwable failure) {
    return failure instanceof PeerException typed ? typed.reason() : null;
  }

  @Test
  void messagesOfEverySizeGoBothWaysOverManyRotations() {
    SessionPair<ByteBuf> pair = pair(UnaryOperator.identity()).establish();
    List<Object> atDialer = seen(pair.dialer.connected());
    List<Object> atAcceptor = seen(pair.acceptor.connected());
    List<Object> expected = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      expected.add(SIZES[i % SIZES.length]);
    }
    Flux<ByteBuf> messages = Flux.fromIterable(expected).map(size -> message((int) size));
    List<Object> done = new ArrayList<>();
    time.schedule(
        () -> {
          pair.dialer.connected().send(messages).subscribe(null, done::add, () -> done.add("d"));
          pair.acceptor.connected().send(messages).subscribe(null, done::add, () -> done.add("a"));
        });
    pair.settle();
    pair.dialer.connected().close().subscribe();
    pair.settle();

    assertThat(done).containsExactlyInAnyOrder("d", "a");
    expected.add("end");
    assertThat(atAcceptor).isEqualTo(expected);
    assertThat(atDialer).isEqualTo(expected);
  }

  @Test
  void bothSidesKnowWhoTheOtherIsAndWhatTheySpeak() {
    SessionPair<ByteBuf> pair = pair(UnaryOperator.identity()).establish();
    assertThat(pair.dialer.connected().remoteId()).isEqualTo(pair.acceptorKey.id());
    assertThat(pair.acceptor.connected().remoteId()).isEqualTo(pair.dialerKey.id());
    for (PeerConnection<ByteBuf> one :
        List.of(pair.dialer.connected(), pair.acceptor.connected())) {
      assertThat(one.session()).isEqualTo(SessionParameters.BOLT8);
      assertThat(one.session().protocol()).isEqualTo(SessionParameters.Protocol.BOLT8);
      assertThat(one.session().aead()).isEqualTo(Aead.CHACHA20_POLY1305);
      assertThat(one.session()).hasToString("bolt8, ChaCha20-Poly1305");
    }
  }

  @Test
  void anEndThatNobodyVouchesForIsSaidToBeOne() {
    SessionPair<ByteBuf> pair = pair(UnaryOperator.identity()).establish();
    List<Object> atAcceptor = seen(pair.acceptor.connected());
    pair.dialer.connected().close().subscribe();
    pair.settle();
    assertThat(atAcceptor).containsExactly("end");
    assertThat(pair.acceptor.closed)
        .singleElement()
        .satisfies(
            why -> {
              assertThat(why.reason()).isEqualTo(Reason.CLOSED_UNAUTHENTICATED);
              assertThat(why.cause()).isNull();
              assertThat(why).hasToString("closed by the peer, or cut off between two messages");
            });
  }

  @Test
  void aMessageThatIsTooLongFailsItsSendAlone() {
    SessionPair<ByteBuf> pair = pair(UnaryOperator.identity()).establish();
    List<Object> atAcceptor = seen(pair.acceptor.connected());
    List<Throwable> failures = new ArrayList<>();
    time.schedule(
        () -> pair.dialer.connected().sendOne(message(65_536)).subscribe(null, failures::add));
    pair.settle();
    time.schedule(() -> pair.dialer.connected().sendOne(message(7)).subscribe());
    pair.settle();
    assertThat(failures)
        .extracting(Bolt8SessionTest::reason)
        .containsExactly(Reason.PACKET_UNSENDABLE);
    assertThat(atAcceptor).containsExactly(7);
  }

  @Test
  void aDialThatTheAuthorizerRefusesWasMadeAndIsHungUpOn() {
    SessionPair<ByteBuf> pair =
        pair(spec -> spec.authorizer(Authorizer.allowing(List.of(NodeKey.generate().id())))).dial();
    // A dialer has an authorizer as well, which lets everyone.
    assertThat(pair.dialer.failure).isNull();
    pair.accept().settle();
    assertThat(reason(pair.acceptor.failure)).isEqualTo(Reason.NOT_AUTHORIZED);
  }

  @Test
  void anIdentityOfAnotherProcessAnswersOnItsOwnThreadAndInItsOwnTime() {
    NodeKey key = NodeKey.generate();
    NodeIdentity remote =
        identity(key, publicKey -> key.agree(publicKey).delayElement(Duration.ofSeconds(1), time));
    MemoryDuplex.Pair ends = MemoryDuplex.pair(time, allocator);
    NodeKey dialerKey = NodeKey.generate();
    List<PeerConnection<ByteBuf>> connected = new ArrayList<>();
    bolt8(remote).establish(ends.acceptor(), Role.ACCEPTOR).subscribe(connected::add);
    bolt8(dialerKey)
        .expected(key.id())
        .establish(ends.dialer(), Role.DIALER)
        .subscribe(connected::add);
    time.advanceTime();
    assertThat(connected).isEmpty();
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(connected)
        .extracting(PeerConnection::remoteId)
        .containsExactlyInAnyOrder(key.id(), dialerKey.id());
    ends.dialer().dispose();
    ends.acceptor().dispose();
    time.advanceTime();
  }

  @Test
  void aDialerWhoseIdentityCanOnlySignSaysSo() {
    NodeKey key = NodeKey.generate();
    NodeKey acceptorKey = NodeKey.generate();
    NodeIdentity signer =
        identity(key, publicKey -> Mono.error(new UnsupportedOperationException("signs only")));
    MemoryDuplex.Pair ends = MemoryDuplex.pair(time, allocator);
    List<Throwable> failures = new ArrayList<>();
    bolt8(acceptorKey).establish(ends.acceptor(), Role.ACCEPTOR).subscribe(null, failures::add);
    bolt8(signer)
        .expected(acceptorKey.id())
        .establish(ends.dialer(), Role.DIALER)
        .subscribe(null, failures::add);
    time.advanceTime();
    assertThat(failures).hasSize(2);
    assertThat(failures.get(0)).isInstanceOf(SignerException.class);
    assertThat(reason(failures.get(0))).isEqualTo(Reason.AGREEMENT_UNSUPPORTED);
    assertThat(reason(failures.get(1))).isEqualTo(Reason.CONNECTION_LOST);
  }

  private SessionSpec<ByteBuf> bolt8(NodeIdentity identity) {
    return SessionSpec.of(identity)
        .codec(PacketCodec.messages())
        .curveScheduler(time)
        .dialects(BOLT8);
  }

  private static NodeIdentity identity(NodeKey key, Function<byte[], Mono<byte[]>> agreement) {
    return new NodeIdentity() {
      @Override
      public NodeId id() {
        return key.id();
      }

      @Override
      public Mono<byte[]> sign(byte[] hash) {
        return key.sign(hash);
      }

      @Override
      public Mono<byte[]> agree(byte[] publicKey) {
        return agreement.apply(publicKey);
      }
    };
  }

  @Test
  void aPeerWithThisNodesOwnIdIsRefused() {
    NodeKey key = NodeKey.generate();
    MemoryDuplex.Pair ends = MemoryDuplex.pair(time, allocator);
    List<Throwable> failures = new ArrayList<>();
    bolt8(key)
        .expected(key.id())
        .establish(ends.dialer(), Role.DIALER)
        .subscribe(null, failures::add);
    time.advanceTime();
    assertThat(failures).singleElement().isInstanceOf(AuthenticationException.class);
    assertThat(reason(failures.get(0))).isEqualTo(Reason.NODE_ID_OWN);
    ends.acceptor().dispose();
    time.advanceTime();
  }

  @Test
  void aPortForBothSaysNothingUntilItKnowsWhoIsThere() {
    for (byte first : new byte[] {1, 4, 0x16, 'G', (byte) 0xff}) {
      MemoryDuplex.Pair ends = MemoryDuplex.pair(time, allocator);
      List<Throwable> failures = new ArrayList<>();
      List<byte[]> answers = new ArrayList<>();
      both(NodeKey.generate())
          .establish(ends.acceptor(), Role.ACCEPTOR)
          .subscribe(null, failures::add);
      ends.dialer().receive().map(ByteBufUtil::getBytes).subscribe(answers::add, gone -> {});
      time.advanceTimeBy(Duration.ofSeconds(1));
      assertThat(answers).isEmpty();
      byte[] bytes = new byte[60];
      bytes[0] = first;
      ends.dialer().write(Unpooled.wrappedBuffer(bytes), failure -> {});
      time.advanceTime();
      assertThat(answers).isEmpty();
      assertThat(failures)
          .extracting(Bolt8SessionTest::reason)
          .containsExactly(Reason.ACT_ONE_VERSION);
      ends.dialer().dispose();
      time.advanceTime();
    }
  }

  @Test
  void aPortForBothTakesEither() {
    NodeKey key = NodeKey.generate();
    for (io.fluxwire.handshake.Dialect dialect : List.of(V3, BOLT8)) {
      MemoryDuplex.Pair ends = MemoryDuplex.pair(time, allocator);
      List<PeerConnection<ByteBuf>> connected = new ArrayList<>();
      both(key).establish(ends.acceptor(), Role.ACCEPTOR).subscribe(connected::add);
      bolt8(NodeKey.generate())
          .dialects(dialect)
          .expected(key.id())
          .establish(ends.dialer(), Role.DIALER)
          .subscribe(connected::add);
      time.advanceTime();
      assertThat(connected)
          .extracting(one -> one.session().protocol().toString())
          .containsExactly(dialect == V3 ? "v3" : "bolt8", dialect == V3 ? "v3" : "bolt8");
      ends.dialer().dispose();
      ends.acceptor().dispose();
      time.advanceTime();
    }
  }

  @Test
  void aPeerThatSaysNothingOnAPortForBothIsTimedOut() {
    MemoryDuplex.Pair ends = MemoryDuplex.pair(time, allocator);
    List<Throwable> failures = new ArrayList<>();
    both(NodeKey.generate())
        .establish(ends.acceptor(), Role.ACCEPTOR)
        .subscribe(null, failures::add);
    time.advanceTimeBy(Duration.ofMinutes(1));
    assertThat(failures)
        .extracting(Bolt8SessionTest::reason)
        .containsExactly(Reason.HANDSHAKE_TIMEOUT);
    assertThat(failures.get(0)).hasMessageEndingWith("still waiting for the peer's first byte");
    ends.dialer().dispose();
    time.advanceTime();
  }

  private SessionSpec<ByteBuf> both(NodeKey key) {
    return bolt8(key).dialects(V3, BOLT8);
  }
}
