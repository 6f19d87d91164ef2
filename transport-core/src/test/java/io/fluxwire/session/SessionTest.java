package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UnknownFieldSet;
import io.fluxwire.AuthenticationException;
import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PacketException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.access.Authorizer;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Error;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.RecordSuite;
import io.fluxwire.record.v3.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

class SessionTest {

  private static final PacketCodec<ByteBuf> RAW = PacketCodec.raw();

  private final List<SessionPair<?>> pairs = new ArrayList<>();

  private <P> SessionPair<P> pair(PacketCodec<P> codec) {
    return pair(codec, UnaryOperator.identity(), UnaryOperator.identity(), Long.MAX_VALUE);
  }

  private <P> SessionPair<P> pair(
      PacketCodec<P> codec,
      UnaryOperator<SessionSpec<P>> dialer,
      UnaryOperator<SessionSpec<P>> acceptor,
      long dialersLimit) {
    SessionPair<P> pair =
        SessionPair.of(codec, dialer, acceptor, dialersLimit).withRecords(records());
    pairs.add(pair);
    return pair;
  }

  /** What the records of the sessions look like. */
  RecordSuite records() {
    return Frames.SUITE;
  }

  /** The size of a record with one payload. */
  int recordOf(int payload) {
    return 40 + (payload + 15) / 16 * 16;
  }

  /** What the dialer says before its first packet: its session key and its authenticate. */
  private int handshake() {
    return 33 + recordOf(114);
  }

  @AfterEach
  void close() {
    pairs.forEach(SessionPair::close);
  }

  private static ByteBuf packet(long number) {
    return PooledByteBufAllocator.DEFAULT.heapBuffer(16).writeLong(number).writeLong(~number);
  }

  private static Flux<ByteBuf> packets(int from, int count) {
    return Flux.range(from, count).map(SessionTest::packet);
  }

  private static List<Long> numbers(PeerConnection<ByteBuf> peer) {
    List<Long> received = new ArrayList<>();
    peer.receive().map(ByteBuf::readLong).subscribe(received::add, failure -> {});
    return received;
  }

  private static Reason reason(SessionPair.Side<?> side) {
    assertThat(side.failure).isInstanceOf(PeerException.class);
    return ((PeerException) side.failure).reason();
  }

  @Test
  void bothSidesLearnWhoTheOtherIs() {
    SessionPair<Pkt> pair = pair(PacketCodec.pkt()).establish();

    assertThat(pair.dialer.connected().remoteId()).isEqualTo(pair.acceptorKey.id());
    assertThat(pair.acceptor.connected().remoteId()).isEqualTo(pair.dialerKey.id());
  }

  @Test
  void packetsArriveInOrderBothWays() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<Long> atDialer = numbers(pair.dialer.connected());
    List<Long> atAcceptor = numbers(pair.acceptor.connected());

    List<String> done = new ArrayList<>();
    pair.dialer.connected().send(packets(0, 10_000)).subscribe(null, null, () -> done.add("d"));
    pair.acceptor.connected().send(packets(5, 10_000)).subscribe(null, null, () -> done.add("a"));
    pair.settle();

    assertThat(done).containsExactlyInAnyOrder("d", "a");
    assertThat(atAcceptor).hasSize(10_000).isSorted().startsWith(0L).endsWith(9_999L);
    assertThat(atDialer).hasSize(10_000).isSorted().startsWith(5L).endsWith(10_004L);
  }

  @Test
  void concurrentSendsTakeTurnsAndKeepTheirOwnOrder() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    PeerConnection<ByteBuf> sender = pair.dialer.connected();
    // Large ones, so that the first send cannot be over before the second starts.
    sender.send(packets(0, 50).map(p -> p.writeZero(16 * 1024))).subscribe();
    sender.send(packets(1_000_000, 50).map(p -> p.writeZero(16 * 1024))).subscribe();
    pair.settle();
    List<Long> received = numbers(pair.acceptor.connected());
    pair.settle();

    assertThat(received).hasSize(100);
    assertThat(received.stream().filter(n -> n < 1_000_000)).hasSize(50).isSorted();
    assertThat(received.stream().filter(n -> n >= 1_000_000)).hasSize(50).isSorted();
    assertThat(received.lastIndexOf(49L)).as("they take turns").isGreaterThan(70);
  }

  @Test
  void demandOfTheReceiverStopsTheSender() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    AtomicLong pulled = new AtomicLong();
    byte[] body = new byte[16 * 1024];
    Flux<ByteBuf> endless =
        Flux.generate(
            sink -> {
              pulled.incrementAndGet();
              sink.next(Unpooled.wrappedBuffer(body));
            });
    BaseSubscriber<ByteBuf> slow = new Demanding(3);
    pair.acceptor.connected().receive().subscribe(slow);
    var sending = pair.dialer.connected().send(endless).subscribe(null, failure -> {});
    pair.settle();

    // Three packets, the pipe, the writer's window with one frame over, and the prefetch.
    long bound = 3 + (64 + 16 + 256 + 16) / 16 + 2 + SendQueue.PREFETCH;
    assertThat(pulled.get()).isBetween(20L, bound);
    long before = pulled.get();
    slow.request(200);
    pair.settle();
    assertThat(pulled.get()).isBetween(before + 96, before + 200 + SendQueue.PREFETCH);
    sending.dispose();
    pair.dialer.connected().dispose();
    pair.settle();
  }

  @Test
  void aSendIsDoneWhenItsLastPacketIsWrittenAndNotBefore() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<String> done = new ArrayList<>();
    Flux<ByteBuf> moreThanThePipeTakes =
        Flux.range(0, 10).map(i -> Unpooled.wrappedBuffer(new byte[64 * 1024]));
    pair.dialer
        .connected()
        .send(moreThanThePipeTakes)
        .subscribe(null, failure -> done.add("failed"), () -> done.add("sent"));
    pair.settle();
    assertThat(done).isEmpty();

    pair.acceptor.connected().receive().subscribe();
    pair.settle();
    assertThat(done).containsExactly("sent");
  }

  @Test
  void aSendErrorsWhenTheConnectionEndsFirst() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<Throwable> failures = new ArrayList<>();
    List<Throwable> aborted = new ArrayList<>();
    pair.dialer.connected().send(Flux.never()).subscribe(null, failures::add);
    pair.acceptor
        .connected()
        .send(Flux.<ByteBuf>never().doOnCancel(() -> aborted.add(new RuntimeException())))
        .subscribe(null, failures::add);
    pair.settle();

    pair.dialer.connected().dispose();
    pair.settle();

    assertThat(failures).hasSize(2).allMatch(ConnectionClosedException.class::isInstance);
    assertThat(aborted).as("the source is cancelled").hasSize(1);
    List<Throwable> late = new ArrayList<>();
    pair.dialer.connected().send(packets(0, 1)).subscribe(null, late::add);
    pair.settle();
    assertThat(late).singleElement().isInstanceOf(ConnectionClosedException.class);
  }

  @Test
  void aSourcesErrorFailsItsSendAndNothingElse() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<Long> received = numbers(pair.acceptor.connected());
    List<Throwable> failures = new ArrayList<>();
    IllegalStateException broken = new IllegalStateException("broken");

    PeerConnection<ByteBuf> sender = pair.dialer.connected();
    sender.send(packets(0, 3).concatWith(Mono.error(broken))).subscribe(null, failures::add);
    pair.settle();
    sender.send(packets(3, 2)).subscribe();
    pair.settle();

    assertThat(failures).containsExactly(broken);
    assertThat(received).containsExactly(0L, 1L, 2L, 3L, 4L);
  }

  @Test
  void aPacketThatCannotBeEncodedFailsItsSendAndNothingElse() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<Long> received = numbers(pair.acceptor.connected());
    List<Throwable> failures = new ArrayList<>();
    ByteBuf tooShort = PooledByteBufAllocator.DEFAULT.heapBuffer().writeZero(15);

    PeerConnection<ByteBuf> sender = pair.dialer.connected();
    sender
        .send(packets(0, 1).concatWith(Mono.just(tooShort)).concatWith(packets(1, 1)))
        .subscribe(null, failures::add);
    sender.send(packets(7, 1)).subscribe();
    pair.settle();

    assertThat(failures).singleElement().isInstanceOf(PacketException.class);
    assertThat(((PeerException) failures.get(0)).reason()).isEqualTo(Reason.PAYLOAD_TOO_SHORT);
    assertThat(received).containsExactlyInAnyOrder(0L, 7L);
    assertThat(tooShort.refCnt()).isZero();
  }

  @Test
  void cancellingASendStopsItAndReleasesWhatWaits() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<ByteBuf> made = new ArrayList<>();
    var sending =
        pair.dialer
            .connected()
            .send(packets(0, 100_000).doOnNext(made::add))
            .subscribe(null, failure -> {});
    pair.settle();
    sending.dispose();
    pair.settle();
    pair.acceptor.connected().receive().subscribe();
    pair.settle();

    assertThat(made.size()).isLessThan(100_000);
    assertThat(made).allMatch(packet -> packet.refCnt() == 0);
    assertThat(pair.dialer.connected().isDisposed()).isFalse();
  }

  @Test
  void closeWritesWhatWasHandedOverAndBothSidesEndInGoodOrder() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<Long> received = new ArrayList<>();
    List<String> ends = new ArrayList<>();
    pair.acceptor
        .connected()
        .receive()
        .map(ByteBuf::readLong)
        .subscribe(received::add, failure -> ends.add("error"), () -> ends.add("complete"));
    pair.dialer.connected().send(packets(0, 100)).subscribe();
    pair.dialer.connected().close().subscribe(null, null, () -> ends.add("closed"));
    pair.settle();

    assertThat(received).hasSize(100);
    assertThat(ends).containsExactlyInAnyOrder("complete", "closed");
    assertThat(pair.dialer.closed).singleElement().hasToString("closed by this side");
    assertThat(pair.acceptor.closed).singleElement().hasToString("closed by the peer");
  }

  @Test
  void answersOnTheirWayArriveWhenTheAskerCloses() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<Long> answers = numbers(pair.dialer.connected());
    PeerConnection<ByteBuf> echo = pair.acceptor.connected();
    echo.send(echo.receive().map(ByteBuf::retain)).subscribe();

    pair.dialer
        .connected()
        .send(packets(0, 1_000))
        .then(pair.dialer.connected().close())
        .subscribe();
    pair.settle();

    assertThat(answers).hasSize(1_000).isSorted();
    assertThat(pair.dialer.closed).singleElement().hasToString("closed by this side");
  }

  @Test
  void closeEndsByTheDrainTimeoutWhenThePeerDoesNotRead() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<String> events = new ArrayList<>();
    pair.dialer
        .connected()
        .send(Flux.range(0, 100).map(i -> Unpooled.wrappedBuffer(new byte[64 * 1024])))
        .subscribe(null, failure -> events.add("send failed"));
    pair.settle();
    pair.dialer.connected().close().subscribe(null, null, () -> events.add("closed"));
    pair.settle();
    pair.pass(SessionTimeouts.DEFAULT.drain().minusMillis(1));
    assertThat(events).isEmpty();
    pair.pass(Duration.ofMillis(1));

    assertThat(events).containsExactlyInAnyOrder("send failed", "closed");
  }

  @Test
  void disposeEndsReceiversOnBothSides() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<String> ends = new ArrayList<>();
    pair.dialer
        .connected()
        .receive()
        .subscribe(null, failure -> ends.add("error"), () -> ends.add("own: complete"));
    pair.acceptor
        .connected()
        .receive()
        .subscribe(
            null, failure -> ends.add("peer: " + ((PeerException) failure).reason()), () -> {});
    pair.settle();
    pair.dialer.connected().dispose();
    pair.settle();

    assertThat(ends).containsExactlyInAnyOrder("own: complete", "peer: CONNECTION_LOST");
  }

  @Test
  void inputHasOneSubscriber() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    pair.dialer.connected().receive().subscribe();
    List<Throwable> failures = new ArrayList<>();
    pair.dialer.connected().receive().subscribe(null, failures::add);

    assertThat(failures).singleElement().isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theContextReachesASendsSource() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<String> seen = new ArrayList<>();
    Flux<ByteBuf> source =
        Flux.deferContextual(
            context -> {
              seen.add(context.get("key"));
              return Flux.empty();
            });
    pair.dialer.connected().send(source).contextWrite(Context.of("key", "value")).subscribe();

    assertThat(seen).containsExactly("value");
  }

  @Test
  void helloIsDelivered() {
    SessionPair<Pkt> pair = pair(PacketCodec.pkt()).establish();
    List<Pkt> received = new ArrayList<>();
    pair.acceptor.connected().receive().subscribe(received::add);
    pair.dialer.connected().send(Mono.just(Hello.packet())).subscribe();
    pair.settle();

    assertThat(received).singleElement().matches(Hello::is);
    assertThat(pair.acceptor.connected().isDisposed()).isFalse();
  }

  @Test
  void anErrorPacketEndsTheSessionWithItsText() {
    SessionPair<Pkt> pair = pair(PacketCodec.pkt()).establish();
    List<Throwable> failures = new ArrayList<>();
    pair.acceptor.connected().receive().subscribe(null, failures::add);
    Pkt error = Pkt.newBuilder().setError(Error.newBuilder().setProblem("no more")).build();
    pair.dialer.connected().send(Mono.just(error)).subscribe();
    pair.settle();

    assertThat(failures).singleElement().isInstanceOf(ConnectionClosedException.class);
    assertThat(((ConnectionClosedException) failures.get(0)).problem()).isEqualTo("no more");
    assertThat(pair.acceptor.closed.get(0).reason()).isEqualTo(Reason.PEER_ERROR);
  }

  @Test
  void aRefusalThatMeetsOurOwnCloseIsNotLost() {
    SessionPair<Pkt> pair = pair(PacketCodec.pkt()).establish();
    List<Throwable> failures = new ArrayList<>();
    pair.dialer.connected().receive().subscribe(null, failures::add);
    Pkt error = Pkt.newBuilder().setError(Error.newBuilder().setProblem("not you")).build();
    pair.dialer.connected().close().subscribe();
    pair.acceptor.connected().send(Mono.just(error)).subscribe();
    pair.settle();

    assertThat(failures).singleElement().isInstanceOf(ConnectionClosedException.class);
    assertThat(((ConnectionClosedException) failures.get(0)).problem()).isEqualTo("not you");
    assertThat(pair.dialer.closed.get(0).reason()).isEqualTo(Reason.PEER_ERROR);
  }

  @Test
  void anAnswerStillBeingComputedWhenTheAskerClosesArrives() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<Long> answers = numbers(pair.dialer.connected());
    Sinks.One<ByteBuf> computed = Sinks.one();
    PeerConnection<ByteBuf> server = pair.acceptor.connected();
    server.send(server.receive().flatMap(question -> computed.asMono())).subscribe();
    pair.dialer.connected().send(packets(0, 1)).then(pair.dialer.connected().close()).subscribe();
    pair.settle();
    assertThat(pair.dialer.closed).isEmpty();
    computed.tryEmitValue(packet(42));
    pair.settle();

    assertThat(answers).containsExactly(42L);
    assertThat(pair.dialer.closed).singleElement().hasToString("closed by this side");
    assertThat(pair.acceptor.closed).singleElement().hasToString("closed by the peer");
    List<Throwable> late = new ArrayList<>();
    server.send(packets(0, 1)).subscribe(null, late::add);
    pair.settle();
    assertThat(late).singleElement().isInstanceOf(ConnectionClosedException.class);
  }

  @Test
  void aSourceWithoutEndIsCutASecondAfterThePeerClosed() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<Throwable> cut = new ArrayList<>();
    pair.acceptor.connected().send(Flux.never()).subscribe(null, cut::add);
    numbers(pair.acceptor.connected());
    pair.dialer.connected().close().subscribe();
    pair.settle();
    pair.pass(Duration.ofMillis(999));
    assertThat(cut).isEmpty();
    pair.pass(Duration.ofMillis(1));

    assertThat(cut).singleElement().isInstanceOf(ConnectionClosedException.class);
    assertThat(pair.dialer.closed).singleElement().hasToString("closed by this side");
    assertThat(pair.acceptor.closed).singleElement().hasToString("closed by the peer");
  }

  @Test
  void closeWaitsASecondForAPeerThatNobodyListensToAnyMore() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    var reading = pair.dialer.connected().receive().subscribe();
    reading.dispose();
    List<String> events = new ArrayList<>();
    pair.dialer.connected().close().subscribe(null, null, () -> events.add("closed"));
    pair.pass(Duration.ofMillis(999));
    assertThat(events).isEmpty();
    pair.pass(Duration.ofMillis(1));

    assertThat(events).containsExactly("closed");
  }

  @Test
  void whoSubscribesAfterTheEndIsToldOfIt() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    pair.dialer.connected().dispose();
    pair.settle();
    List<String> ends = new ArrayList<>();
    pair.dialer.connected().receive().subscribe(null, null, () -> ends.add("own: complete"));
    pair.acceptor
        .connected()
        .receive()
        .subscribe(
            null, failure -> ends.add("peer: " + ((PeerException) failure).reason()), () -> {});

    assertThat(ends).containsExactly("own: complete", "peer: CONNECTION_LOST");
  }

  @Test
  void aPeerAtFaultIsToldWhy() {
    SessionPair<Pkt> strict = pair(PacketCodec.pkt()).establish();
    List<Throwable> told = new ArrayList<>();
    strict.dialer.connected().receive().subscribe(null, told::add);
    strict.acceptor.connected().receive().subscribe(null, failure -> {});
    Pkt requiring =
        Pkt.newBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(42, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .build())
            .build();
    strict.dialer.connected().send(Mono.just(requiring)).subscribe();
    strict.settle();

    assertThat(strict.acceptor.closed.get(0).reason()).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
    assertThat(told).singleElement().isInstanceOf(ConnectionClosedException.class);
    assertThat(((ConnectionClosedException) told.get(0)).problem()).contains("field 42");
  }

  @Test
  void aPeerOfRawPayloadsIsToldNothingThatItCouldTakeForData() {
    SessionPair<ByteBuf> pair = pair(new Rejecting()).establish();
    List<Long> received = numbers(pair.dialer.connected());
    numbers(pair.acceptor.connected());
    pair.dialer.connected().send(packets(0, 1)).subscribe();
    pair.settle();

    assertThat(pair.acceptor.closed.get(0).reason()).isEqualTo(Reason.PACKET_MALFORMED);
    assertThat(received).isEmpty();
    assertThat(pair.dialer.closed).hasSize(1);
  }

  /** An application's own codec that takes nothing. */
  private static final class Rejecting implements PacketCodec<ByteBuf> {
    @Override
    public ByteBuf encode(ByteBuf packet, ByteBufAllocator allocator) {
      return packet;
    }

    @Override
    public ByteBuf decode(ByteBuf payload) {
      throw new PacketException(Reason.PACKET_MALFORMED, "not for me");
    }
  }

  @Test
  void aPinnedDialRefusesAnyoneElseAndDoesNotSayWhoItIs() {
    NodeKey other = NodeKey.generate();
    SessionPair<Pkt> pair =
        pair(
                PacketCodec.pkt(),
                spec -> spec.expected(other.id()),
                UnaryOperator.identity(),
                Long.MAX_VALUE)
            .establish();

    assertThat(reason(pair.dialer)).isEqualTo(Reason.NODE_ID_UNEXPECTED);
    assertThat(pair.acceptor.connection).isNull();
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.PEER_ERROR);
    assertThat(((ConnectionClosedException) pair.acceptor.failure).problem())
        .as("an impostor does not learn whom it had to be")
        .isEqualTo("it expected another node than this one")
        .doesNotContain(other.id().toString())
        .doesNotContain(pair.dialerKey.id().toString());
  }

  @Test
  void anUnauthorizedPeerIsRefusedAndTold() {
    SessionPair<Pkt> pair =
        pair(
                PacketCodec.pkt(),
                UnaryOperator.identity(),
                spec -> spec.authorizer(Authorizer.allowing(List.of())),
                Long.MAX_VALUE)
            .establish();

    assertThat(pair.acceptor.failure).isInstanceOf(AuthenticationException.class);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.NOT_AUTHORIZED);
    List<Throwable> told = new ArrayList<>();
    pair.dialer.connected().receive().subscribe(null, told::add);
    pair.settle();
    assertThat(told).singleElement().isInstanceOf(ConnectionClosedException.class);
    assertThat(((PeerException) told.get(0)).reason()).isEqualTo(Reason.PEER_ERROR);
  }

  @Test
  void aSilentPeerMeetsTheHandshakeDeadline() {
    SessionPair<Pkt> pair = pair(PacketCodec.pkt()).accept();
    pair.settle();
    pair.pass(SessionTimeouts.DEFAULT.handshake().minusMillis(1));
    assertThat(pair.acceptor.signals).isZero();
    pair.pass(Duration.ofMillis(1));

    assertThat(pair.acceptor.failure)
        .isInstanceOf(PeerTimeoutException.class)
        .hasMessageContaining("session key");
    assertThat(pair.acceptorsDuplex().isDisposed()).isTrue();
  }

  @Test
  void trickledBytesDoNotExtendTheHandshakeDeadline() {
    SessionPair<Pkt> pair = pair(PacketCodec.pkt()).accept();
    for (int i = 0; i < 32; i++) {
      byte next = (byte) (i == 0 ? 2 : i);
      pair.dialersDuplex().write(Unpooled.wrappedBuffer(new byte[] {next}), failure -> {});
      pair.pass(SessionTimeouts.DEFAULT.handshake().dividedBy(32));
    }

    assertThat(reason(pair.acceptor)).isEqualTo(Reason.HANDSHAKE_TIMEOUT);
  }

  @Test
  void aHandshakeThatIsDoneHasNoDeadline() {
    SessionPair<Pkt> pair = pair(PacketCodec.pkt()).establish();
    pair.pass(Duration.ofDays(1));

    assertThat(pair.dialer.connected().isDisposed()).isFalse();
    assertThat(pair.acceptor.connected().isDisposed()).isFalse();
  }

  private SessionPair<Pkt> decidedBy(Mono<Boolean> decision, Duration limit) {
    return pair(
            PacketCodec.pkt(),
            UnaryOperator.identity(),
            spec -> spec.authorizer(peer -> decision).timeouts(spec.timeouts().authorizer(limit)),
            Long.MAX_VALUE)
        .establish();
  }

  @Test
  void anAuthorizerThatDoesNotAnswerMeetsItsOwnDeadline() {
    AtomicInteger cancelled = new AtomicInteger();
    Duration limit = SessionTimeouts.DEFAULT.authorizer();
    SessionPair<Pkt> pair =
        decidedBy(Mono.<Boolean>never().doOnCancel(cancelled::incrementAndGet), limit);
    pair.pass(limit.minusMillis(1));
    assertThat(pair.acceptor.signals).isZero();
    pair.pass(Duration.ofMillis(1));

    assertThat(pair.acceptor.failure).isInstanceOf(PeerTimeoutException.class);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.AUTHORIZER_TIMEOUT);
    assertThat(cancelled).hasValue(1);
    pair.pass(Duration.ofSeconds(1));
    assertThat(pair.acceptorsDuplex().isDisposed()).isTrue();
  }

  @Test
  void aPeerIsNotBlamedForAnAuthorizerThatDoesNotAnswer() {
    Duration limit = SessionTimeouts.DEFAULT.authorizer();
    SessionPair<Pkt> pair = decidedBy(Mono.never(), limit);
    pair.dialer.connected().receive().subscribe(packet -> {}, failure -> {});
    pair.pass(limit.plusSeconds(1));

    assertThat(pair.dialer.closed)
        .extracting(CloseReason::reason)
        .containsExactly(Reason.CONNECTION_LOST);
  }

  @Test
  void anAuthorizerIsCancelledWhenTheConnectionEndsMeanwhile() {
    AtomicInteger cancelled = new AtomicInteger();
    SessionPair<Pkt> pair =
        decidedBy(Mono.<Boolean>never().doOnCancel(cancelled::incrementAndGet), Duration.ZERO);
    pair.acceptorsDuplex().dispose();
    pair.settle();

    assertThat(cancelled).hasValue(1);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.CONNECTION_LOST);
  }

  @Test
  void anAuthorizerMayTakeAllOfItsTime() {
    Sinks.One<Boolean> decision = Sinks.one();
    SessionPair<Pkt> pair = decidedBy(decision.asMono(), Duration.ofSeconds(5));
    pair.pass(Duration.ofMillis(4_999));
    decision.tryEmitValue(true).orThrow();
    pair.pass(Duration.ofDays(1));

    assertThat(pair.acceptor.connected().isDisposed()).isFalse();
  }

  @Test
  void anAuthorizerWithoutADeadlineMeetsThatOfTheHandshake() {
    SessionPair<Pkt> pair = decidedBy(Mono.never(), Duration.ZERO);
    pair.pass(SessionTimeouts.DEFAULT.handshake().minusMillis(1));
    assertThat(pair.acceptor.signals).isZero();
    pair.pass(Duration.ofMillis(1));

    assertThat(reason(pair.acceptor)).isEqualTo(Reason.HANDSHAKE_TIMEOUT);

    assertThat(pair.acceptor.failure)
        .isInstanceOf(PeerTimeoutException.class)
        .hasMessageContaining("authorizer");
  }

  @Test
  void aConnectionThatBreaksAnywhereInTheHandshakeFailsBothSidesOnce() {
    for (int limit = 0; limit < handshake(); limit++) {
      SessionPair<Pkt> pair =
          pair(PacketCodec.pkt(), UnaryOperator.identity(), UnaryOperator.identity(), limit)
              .establish();
      String at = "broken after " + limit + " bytes";

      assertThat(pair.acceptor.signals).as(at).isEqualTo(1);
      assertThat(reason(pair.acceptor)).as(at).isEqualTo(Reason.CONNECTION_LOST);
      assertThat(pair.dialer.signals).as(at).isEqualTo(1);
      assertThat(pair.dialersDuplex().isDisposed()).as(at).isTrue();
      assertThat(pair.acceptorsDuplex().isDisposed()).as(at).isTrue();
    }
  }

  @Test
  void aHandshakeCancelledAnywhereClosesTheConnection() {
    for (int limit = 0; limit < handshake(); limit += 7) {
      SessionPair<Pkt> pair = pair(PacketCodec.pkt()).accept();
      byte[] start = new byte[Math.min(limit, 32)];
      Arrays.fill(start, (byte) 2);
      pair.dialersDuplex().write(Unpooled.wrappedBuffer(start), failure -> {});
      pair.settle();
      pair.acceptor.subscription.dispose();
      pair.settle();

      assertThat(pair.acceptorsDuplex().isDisposed()).isTrue();
      assertThat(pair.acceptor.signals).isZero();
    }
  }

  @Test
  void aDialCancelledWhileItWaitsForTheAnswerClosesTheConnection() {
    SessionPair<Pkt> pair = pair(PacketCodec.pkt()).dial();
    pair.settle();
    pair.dialer.subscription.dispose();
    pair.settle();

    assertThat(pair.dialersDuplex().isDisposed()).isTrue();
    assertThat(pair.dialer.signals).isZero();
  }

  @Test
  void aConnectionThatBreaksAnywhereInAStreamEndsItWithoutAPartialPacket() {
    int frame = recordOf(16);
    for (int extra = 0; extra < 3 * frame; extra++) {
      SessionPair<ByteBuf> pair =
          pair(RAW, UnaryOperator.identity(), UnaryOperator.identity(), (long) handshake() + extra)
              .establish();
      List<Long> received = new ArrayList<>();
      List<Throwable> failures = new ArrayList<>();
      pair.acceptor
          .connected()
          .receive()
          .map(ByteBuf::readLong)
          .subscribe(received::add, failures::add);
      pair.dialer.connected().send(packets(0, 4)).subscribe(null, failures::add);
      pair.settle();

      assertThat(received.size()).isLessThanOrEqualTo(extra / frame);
      assertThat(received).isEqualTo(List.of(0L, 1L, 2L).subList(0, received.size()));
      assertThat(pair.acceptor.closed).hasSize(1);
      assertThat(pair.dialer.closed).hasSize(1);
      assertThat(failures.stream().filter(PeerException.class::isInstance)).isNotEmpty();
    }
  }

  @Test
  void aManySourcedSendSurvivesItsSourcesThreads() {
    SessionPair<ByteBuf> pair = pair(RAW).establish();
    List<Long> received = numbers(pair.acceptor.connected());
    Sinks.Many<ByteBuf> sink = Sinks.many().unicast().onBackpressureBuffer();
    pair.dialer.connected().send(sink.asFlux()).subscribe();
    for (int i = 0; i < 300; i++) {
      sink.tryEmitNext(packet(i));
      if (i % 7 == 0) {
        pair.settle();
      }
    }
    sink.tryEmitComplete();
    pair.settle();

    assertThat(received).hasSize(300).isSorted();
  }

  /** Asks for a first few, then for what it is told. */
  private static final class Demanding extends BaseSubscriber<ByteBuf> {
    private final long first;

    Demanding(long first) {
      this.first = first;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      subscription.request(first);
    }
  }
}
