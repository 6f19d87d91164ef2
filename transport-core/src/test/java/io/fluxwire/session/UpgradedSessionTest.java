package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.observe.Observability;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Sessions whose records have controls (protocol.md section 9.4). */
class UpgradedSessionTest {

  private static final Duration INTERVAL = Duration.ofSeconds(30);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final List<SessionPair<?>> pairs = new ArrayList<>();
  private final List<ControlledRecords.Sealer> sealers = new ArrayList<>();

  private SessionPair<ByteBuf> pair() {
    return pair(UnaryOperator.identity(), UnaryOperator.identity());
  }

  private SessionPair<ByteBuf> pair(
      UnaryOperator<SessionSpec<ByteBuf>> dialer, UnaryOperator<SessionSpec<ByteBuf>> acceptor) {
    SessionPair<ByteBuf> pair =
        SessionPair.of(PacketCodec.raw(), dialer, acceptor, Long.MAX_VALUE)
            .withHandshake(
                v3 -> {
                  ControlledRecords.Sealer sealer = new ControlledRecords.Sealer();
                  sealers.add(sealer);
                  return ControlledHandshake.plain(v3, sealer);
                });
    pairs.add(pair);
    return pair;
  }

  private SessionPair<ByteBuf> keepAlivePair() {
    return pair(
        spec -> spec.upgrade(UpgradePolicy.allowed().keepAlive(INTERVAL, TIMEOUT)),
        UnaryOperator.identity());
  }

  private static UnaryOperator<SessionSpec<ByteBuf>> drain(int seconds) {
    return spec -> spec.timeouts(SessionTimeouts.DEFAULT.drain(Duration.ofSeconds(seconds)));
  }

  private ControlledRecords.Sealer dialersSealer() {
    return sealers.get(0);
  }

  private ControlledRecords.Sealer acceptorsSealer() {
    return sealers.get(1);
  }

  @AfterEach
  void close() {
    pairs.forEach(SessionPair::close);
    sealers.forEach(one -> assertThat(one.destroyed).as("sealers destroyed").isTrue());
  }

  private static ByteBuf packet(int number) {
    return Unpooled.buffer(16).writeInt(number).writeZero(12);
  }

  private static Flux<ByteBuf> packets(int count) {
    return Flux.range(0, count).map(UpgradedSessionTest::packet);
  }

  /** What a receiver saw, its end included. */
  private static List<Object> seen(PeerConnection<ByteBuf> peer) {
    List<Object> seen = new ArrayList<>();
    peer.receive()
        .map(ByteBuf::readInt)
        .subscribe(
            seen::add,
            failure -> seen.add(((PeerException) failure).reason()),
            () -> seen.add("end"));
    return seen;
  }

  /** Asks for packets one by one. */
  private static final class Slow extends BaseSubscriber<ByteBuf> {

    private final List<Object> seen = new ArrayList<>();

    @Override
    protected void hookOnSubscribe(Subscription subscription) {}

    @Override
    protected void hookOnNext(ByteBuf packet) {
      seen.add(packet.readInt());
    }

    @Override
    protected void hookOnComplete() {
      seen.add("end");
    }

    @Override
    protected void hookOnError(Throwable failure) {
      seen.add(((PeerException) failure).reason());
    }
  }

  private static List<Object> outcome(Mono<?> work) {
    List<Object> outcome = new ArrayList<>();
    work.subscribe(outcome::add, outcome::add, () -> outcome.add("done"));
    return outcome;
  }

  private static Reason reason(SessionPair.Side<?> side) {
    assertThat(side.closed).hasSize(1);
    return side.closed.get(0).reason();
  }

  // READY

  @Test
  void aDialIsDoneOnlyOnceTheAcceptorHasLetItIn() {
    Sinks.One<Boolean> decision = Sinks.one();
    SessionPair<ByteBuf> pair =
        pair(UnaryOperator.identity(), spec -> spec.authorizer(peer -> decision.asMono()))
            .establish();
    assertThat(pair.dialer.signals).isZero();

    decision.tryEmitValue(true);
    pair.settle();

    assertThat(pair.dialer.connected().remoteId()).isEqualTo(pair.acceptorKey.id());
  }

  @Test
  void aDialerThatIsNotLetInIsToldWhyAlsoWithoutErrorPackets() {
    SessionPair<ByteBuf> pair =
        pair(UnaryOperator.identity(), spec -> spec.authorizer(peer -> Mono.just(false)))
            .establish();

    assertThat(pair.dialer.failure)
        .isInstanceOfSatisfying(
            ConnectionClosedException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.PEER_ERROR);
              assertThat(e.problem()).contains("not authorized");
            });
  }

  @Test
  void whatIsSentAtOnceComesBehindReady() {
    SessionPair<ByteBuf> pair = pair().dial().accept();
    pair.settle();
    pair.acceptor.connected().send(packets(3)).subscribe(null, failure -> {});
    List<Object> seen = seen(pair.dialer.connected());
    pair.settle();

    assertThat(seen).containsExactly(0, 1, 2);
  }

  // END

  @Test
  void anOrderlyEndIsOneOnBothSides() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Object> atDialer = seen(pair.dialer.connected());
    List<Object> atAcceptor = seen(pair.acceptor.connected());
    pair.dialer.connected().send(packets(3)).subscribe(null, failure -> {});
    pair.dialer.connected().close().subscribe();
    pair.settle();

    assertThat(atAcceptor).containsExactly(0, 1, 2, "end");
    assertThat(atDialer).containsExactly("end");
    assertThat(reason(pair.dialer)).isEqualTo(Reason.CLOSED_LOCALLY);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  @Test
  void answersMayGoOnAfterThePeersEnd() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Object> atDialer = seen(pair.dialer.connected());
    seen(pair.acceptor.connected());
    Sinks.Many<ByteBuf> answers = Sinks.many().unicast().onBackpressureBuffer();
    pair.acceptor.connected().send(answers.asFlux()).subscribe();
    pair.dialer.connected().close().subscribe();
    pair.settle();
    answers.tryEmitNext(packet(7));
    answers.tryEmitComplete();
    pair.settle();

    assertThat(atDialer).containsExactly(7, "end");
    assertThat(reason(pair.dialer)).isEqualTo(Reason.CLOSED_LOCALLY);
  }

  @Test
  void aStreamThatEndsWithoutAWordIsTruncatedAfterWhatWasWhole() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Object> seen = seen(pair.acceptor.connected());
    pair.dialer.connected().send(packets(1)).subscribe(null, failure -> {});
    pair.settle();
    pair.dialersDuplex().shutdownOutput();
    pair.settle();

    assertThat(seen).containsExactly(0, Reason.STREAM_TRUNCATED);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.STREAM_TRUNCATED);
  }

  @Test
  void aReaderWithLittleDemandHearsOfATruncationOnceAllThatWasWholeIsTaken() {
    SessionPair<ByteBuf> pair = pair().establish();
    Slow slow = new Slow();
    pair.acceptor.connected().receive().subscribe(slow);
    pair.dialer.connected().send(packets(3)).subscribe(null, failure -> {});
    pair.settle();
    pair.dialersDuplex().shutdownOutput();
    List<Object> expected = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      pair.pass(Duration.ofSeconds(1));
      assertThat(slow.seen).isEqualTo(expected);
      slow.request(1);
      expected.add(i);
    }
    // The end needs no demand.
    expected.add(Reason.STREAM_TRUNCATED);
    pair.settle();
    assertThat(slow.seen).isEqualTo(expected);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.STREAM_TRUNCATED);
  }

  @Test
  void aPeerThatAnswersACloseWithoutAWordIsNoOrderlyEnd() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Object> seen = seen(pair.dialer.connected());
    pair.acceptorsDuplex().shutdownOutput();
    pair.dialer.connected().close().subscribe();
    pair.settle();

    assertThat(seen).containsExactly(Reason.STREAM_TRUNCATED);
  }

  @Test
  void bothMayCloseAtOnce() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Object> atDialer = seen(pair.dialer.connected());
    List<Object> atAcceptor = seen(pair.acceptor.connected());
    pair.time.schedule(
        () -> {
          pair.dialer.connected().close().subscribe();
          pair.acceptor.connected().close().subscribe();
        });
    pair.settle();

    assertThat(atDialer).containsExactly("end");
    assertThat(atAcceptor).containsExactly("end");
    assertThat(reason(pair.dialer)).isEqualTo(Reason.CLOSED_LOCALLY);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.CLOSED_LOCALLY);
  }

  @Test
  void aFaultIsToldByTheLastRecordAndDropsWhatWaits() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Object> atDialer = seen(pair.dialer.connected());
    List<Object> atAcceptor = seen(pair.acceptor.connected());
    pair.dialersDuplex()
        .write(Unpooled.buffer().writeIntLE(5).writeByte(10).writeIntLE(0), failure -> {});
    pair.settle();
    pair.pass(Duration.ofSeconds(1));

    assertThat(atAcceptor).containsExactly(Reason.UNKNOWN_EVEN_FRAME);
    assertThat(atDialer).containsExactly(Reason.PEER_ERROR);
    assertThat(pair.dialer.closed.get(0).cause()).hasMessageContaining("an unknown frame came: 10");
  }

  @Test
  void whereNobodyReadsTheEndIsJudgedAllTheSame() {
    SessionPair<ByteBuf> pair = pair().establish();
    pair.dialer.connected().send(packets(1)).subscribe(null, failure -> {});
    pair.settle();
    pair.dialersDuplex().shutdownOutput();
    pair.pass(Duration.ofSeconds(5));

    assertThat(reason(pair.acceptor)).isEqualTo(Reason.STREAM_TRUNCATED);
  }

  @Test
  void whereNobodyReadsAnOrderlyEndIsOne() {
    SessionPair<ByteBuf> pair = pair(UnaryOperator.identity(), drain(3)).establish();
    seen(pair.dialer.connected());
    pair.dialer.connected().send(packets(1)).subscribe(null, failure -> {});
    pair.dialer.connected().close().subscribe();
    pair.pass(Duration.ofSeconds(3));

    assertThat(reason(pair.acceptor)).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  @Test
  void disposingSaysNothing() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Object> seen = seen(pair.acceptor.connected());
    pair.dialer.connected().dispose();
    pair.settle();

    assertThat(seen).hasSize(1).doesNotContain("end");
  }

  @Test
  void whatComesBehindTheEndIsReadAway() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Object> seen = seen(pair.acceptor.connected());
    ByteBuf end = Unpooled.buffer().writeIntLE(6).writeByte(6).writeIntLE(1).writeByte(0);
    end.writeIntLE(5).writeByte(10).writeIntLE(0);
    pair.dialersDuplex().write(end, failure -> {});
    pair.settle();

    assertThat(seen).containsExactly("end");
    assertThat(pair.acceptor.connected().isDisposed()).isTrue();
    pair.pass(Duration.ofSeconds(6));
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  // PING

  @Test
  void aPingIsAnsweredAndItsTimeIsTold() {
    SessionPair<ByteBuf> pair = pair().establish();
    seen(pair.dialer.connected());
    Slow slow = new Slow();
    pair.acceptor.connected().receive().subscribe(slow);
    List<Object> time = outcome(pair.dialer.connected().ping());
    pair.settle();
    assertThat(time).as("while the peer does not read").isEmpty();
    pair.pass(Duration.ofMillis(30));
    slow.request(1);
    pair.settle();

    assertThat(time).containsExactly(Duration.ofMillis(30), "done");
  }

  @Test
  void roundTripsAreTold() {
    List<Long> told = new ArrayList<>();
    SessionListener listener =
        new SessionListener() {
          @Override
          public TrafficListener traffic(SessionInfo session) {
            return new TrafficListener() {
              @Override
              public void onRoundTrip(long nanos) {
                told.add(nanos);
              }
            };
          }
        };
    SessionPair<ByteBuf> pair =
        pair(
                spec -> spec.observability(Observability.none().withListener(listener)),
                UnaryOperator.identity())
            .establish();
    seen(pair.dialer.connected());
    Slow slow = new Slow();
    pair.acceptor.connected().receive().subscribe(slow);
    pair.dialer.connected().ping().subscribe();
    pair.pass(Duration.ofMillis(20));
    assertThat(told).isEmpty();
    slow.request(1);
    pair.settle();

    assertThat(told).containsExactly(20_000_000L);
  }

  @Test
  void aPongPassesPacketsThatWait() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Object> seen = new ArrayList<>();
    pair.dialer
        .connected()
        .receive()
        .subscribe(packet -> seen.add(packet.readableBytes()), failure -> {});
    seen(pair.acceptor.connected());
    pair.time.schedule(
        () -> {
          pair.acceptor
              .connected()
              .send(Flux.range(0, 200).map(i -> Unpooled.buffer().writeZero(64 * 1024)))
              .subscribe();
          pair.dialer.connected().ping().subscribe(time -> seen.add("pong"));
        });
    pair.settle();

    assertThat(seen).hasSize(201);
    assertThat(seen.indexOf("pong")).isLessThan(20);
  }

  @Test
  void noMoreThan64PingsAreWithoutAnAnswer() {
    SessionPair<ByteBuf> pair = pair().establish();
    seen(pair.dialer.connected());
    List<List<Object>> times = new ArrayList<>();
    for (int i = 0; i < 65; i++) {
      times.add(outcome(pair.dialer.connected().ping()));
    }
    pair.settle();
    assertThat(times.get(64)).singleElement().isInstanceOf(IllegalStateException.class);
    assertThat(times.get(63)).isEmpty();

    seen(pair.acceptor.connected());
    pair.settle();
    assertThat(times.subList(0, 64)).allSatisfy(one -> assertThat(one).hasSize(2));
    List<Object> again = outcome(pair.dialer.connected().ping());
    pair.settle();
    assertThat(again).hasSize(2);
  }

  @Test
  void aPingEndsWithTheConnectionHoweverThatEnds() {
    List<Consumer<SessionPair<ByteBuf>>> endings =
        List.of(
            pair -> pair.dialer.connected().dispose(),
            pair -> pair.acceptor.connected().dispose(),
            pair -> pair.dialer.connected().close().subscribe(),
            pair -> pair.acceptor.connected().close().subscribe(),
            pair -> pair.acceptorsDuplex().shutdownOutput());
    for (Consumer<SessionPair<ByteBuf>> ending : endings) {
      // Long, since who reads away what nobody wanted still answers.
      SessionPair<ByteBuf> pair = pair(UnaryOperator.identity(), drain(60)).establish();
      seen(pair.dialer.connected());
      List<Object> time = outcome(pair.dialer.connected().ping());
      List<Object> renewal = outcome(pair.dialer.connected().rotateKeys());
      pair.settle();
      ending.accept(pair);
      pair.pass(Duration.ofSeconds(10));
      pair.pass(Duration.ofSeconds(10));

      assertThat(time).singleElement().isInstanceOf(ConnectionClosedException.class);
      assertThat(renewal).containsExactly("done");
      List<Object> late = outcome(pair.dialer.connected().ping());
      pair.settle();
      assertThat(late).singleElement().isInstanceOf(ConnectionClosedException.class);
      assertThat(outcome(pair.dialer.connected().rotateKeys()))
          .singleElement()
          .isInstanceOf(ConnectionClosedException.class);
    }
  }

  @Test
  void aPeerThatAsksWithoutListeningIsReadNoFurther() {
    SessionPair<ByteBuf> pair = pair().establish();
    seen(pair.acceptor.connected());
    // So much that the acceptor's answers wait behind it.
    pair.acceptor
        .connected()
        .send(Flux.range(0, 100).map(i -> Unpooled.buffer().writeZero(64 * 1024)))
        .subscribe(null, failure -> {});
    pair.settle();
    int sent = 10_000;
    int[] written = new int[1];
    for (int i = 0; i < sent; i++) {
      ByteBuf ping = Unpooled.buffer().writeIntLE(13).writeByte(3).writeIntLE(8).writeLong(i);
      pair.dialersDuplex().write(ping, failure -> written[0] += failure == null ? 1 : 0);
    }
    pair.settle();

    // The pipe holds 64 KiB of them.
    assertThat(written[0]).isLessThan(5_000);
    assertThat(acceptorsSealer().pending()).isLessThan(64 * 13 + 100);
    List<Object> packets = new ArrayList<>();
    pair.dialer.connected().receive().subscribe(packets::add, failure -> {});
    for (int i = 0; i < sent / Pongs.RATE; i++) {
      pair.pass(Duration.ofSeconds(1));
    }
    assertThat(written[0]).as("once it listens").isEqualTo(sent);
    assertThat(packets).hasSize(100);
  }

  @Test
  void noMoreThanSoManyPingsAreAnsweredInASecond() {
    SessionPair<ByteBuf> pair = pair().establish();
    seen(pair.dialer.connected());
    List<Object> seen = seen(pair.acceptor.connected());
    List<Object> answers = new ArrayList<>();
    for (int second = 1; second < 4; second++) {
      for (int i = 0; i < Pongs.RATE / Pings.MAX + 1; i++) {
        for (int j = 0; j < Pings.MAX; j++) {
          pair.dialer.connected().ping().subscribe(answers::add, failure -> {});
        }
        pair.settle();
      }
      assertThat(answers).hasSize(second * Pongs.RATE);
      pair.dialer.connected().send(packets(1)).subscribe(null, failure -> {});
      pair.settle();
      assertThat(seen).as("what comes behind waits").hasSize(second - 1);
      pair.pass(Duration.ofSeconds(1));
      assertThat(seen).hasSize(second);
      // Those that waited count in the next second.
      answers.subList(second * Pongs.RATE, answers.size()).clear();
      pair.pass(Duration.ofSeconds(1));
    }
  }

  @Test
  void aReaderWhosePeerAskedTooMuchAndWentIsToldOfTheEnd() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Object> seen = seen(pair.acceptor.connected());
    // All in one read, so that the end of the stream is behind what is being opened.
    ByteBuf pings = Unpooled.buffer();
    for (int i = 0; i < 2 * Pongs.RATE; i++) {
      pings.writeIntLE(13).writeByte(3).writeIntLE(8).writeLong(i);
    }
    pair.dialersDuplex().write(pings, failure -> {});
    pair.dialersDuplex().shutdownOutput();
    pair.settle();
    assertThat(seen).isEmpty();
    pair.acceptor.connected().dispose();
    pair.settle();

    assertThat(seen).hasSize(1);
  }

  @Test
  void aPeerThatNeverListensEndsByTheWriteTimeout() {
    SessionPair<ByteBuf> pair = pair().establish();
    seen(pair.acceptor.connected());
    for (int i = 0; i < 30_000; i++) {
      ByteBuf ping = Unpooled.buffer().writeIntLE(13).writeByte(3).writeIntLE(8).writeLong(i);
      pair.dialersDuplex().write(ping, failure -> {});
    }
    pair.settle();
    pair.pass(Duration.ofSeconds(60));

    assertThat(reason(pair.acceptor)).isEqualTo(Reason.WRITE_STALLED);
  }

  @Test
  void keysAreRenewedBehindWhatWasSent() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Object> seen = seen(pair.acceptor.connected());
    pair.dialer.connected().send(packets(1)).subscribe(null, failure -> {});
    List<Object> renewal = outcome(pair.dialer.connected().rotateKeys());
    pair.settle();
    assertThat(renewal).containsExactly("done");
    assertThat(dialersSealer().rotations).isEqualTo(1);
    assertThat(seen).containsExactly(0);
  }

  @Test
  void aSessionThatIsNotUpgradedSaysSo() {
    SessionPair<ByteBuf> pair =
        SessionPair.of(
                PacketCodec.raw(),
                UnaryOperator.<SessionSpec<ByteBuf>>identity(),
                UnaryOperator.identity(),
                Long.MAX_VALUE)
            .establish();
    pairs.add(pair);
    assertThat(outcome(pair.dialer.connected().ping()))
        .singleElement()
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(outcome(pair.dialer.connected().rotateKeys()))
        .singleElement()
        .isInstanceOf(UnsupportedOperationException.class);
  }

  // Keep-alive

  @Test
  void aPeerThatIsGoneIsNoticed() {
    SessionPair<ByteBuf> pair = keepAlivePair().establish();
    List<Object> seen = seen(pair.dialer.connected());
    // It never reads, and has never read: a dead one.
    pair.pass(INTERVAL.plus(TIMEOUT).minusMillis(1));
    assertThat(pair.dialer.connected().isDisposed()).isFalse();
    pair.pass(Duration.ofMillis(1));
    assertThat(pair.dialer.connected().isDisposed()).isTrue();
    pair.pass(Duration.ofSeconds(1));
    assertThat(seen).containsExactly(Reason.KEEP_ALIVE_TIMEOUT);
    assertThat(reason(pair.dialer)).isEqualTo(Reason.KEEP_ALIVE_TIMEOUT);
  }

  @Test
  void aPeerThatAnswersLives() {
    SessionPair<ByteBuf> pair = keepAlivePair().establish();
    List<Object> seen = seen(pair.dialer.connected());
    seen(pair.acceptor.connected());
    for (int i = 0; i < 20; i++) {
      pair.pass(INTERVAL);
    }
    assertThat(seen).isEmpty();
  }

  @Test
  void aPeerThatIsSlowLives() {
    SessionPair<ByteBuf> pair =
        pair(
                spec ->
                    spec.upgrade(
                        UpgradePolicy.allowed().keepAlive(INTERVAL, Duration.ofSeconds(11))),
                UnaryOperator.identity())
            .establish();
    List<Object> seen = seen(pair.dialer.connected());
    Slow slow = new Slow();
    pair.acceptor.connected().receive().subscribe(slow);
    slow.request(1);
    pair.settle();
    pair.dialer.connected().send(packets(3)).subscribe(null, failure -> {});
    for (int i = 0; i < 30; i++) {
      pair.pass(Duration.ofSeconds(10));
    }
    assertThat(slow.seen).containsExactly(0);
    assertThat(seen).isEmpty();
    assertThat(acceptorsSealer().keepAwakes).isBetween(29, 30);

    slow.request(10);
    pair.settle();
    int before = acceptorsSealer().keepAwakes;
    pair.pass(Duration.ofSeconds(10));
    pair.pass(Duration.ofSeconds(10));
    assertThat(acceptorsSealer().keepAwakes).as("once it reads").isEqualTo(before);
  }

  @Test
  void aPeerThatDidNotAskIsNotKeptAwake() {
    SessionPair<ByteBuf> pair = pair().establish();
    Slow slow = new Slow();
    pair.acceptor.connected().receive().subscribe(slow);
    slow.request(1);
    pair.dialer.connected().send(packets(3)).subscribe(null, failure -> {});
    pair.pass(Duration.ofMinutes(5));

    assertThat(acceptorsSealer().keepAwakes).isZero();
  }

  @Test
  void whoDoesNotReadHearsOfNoSilence() {
    SessionPair<ByteBuf> pair = keepAlivePair().establish();
    Slow slow = new Slow();
    pair.dialer.connected().receive().subscribe(slow);
    for (int i = 0; i < 10; i++) {
      pair.pass(INTERVAL);
    }
    assertThat(pair.dialer.connected().isDisposed()).isFalse();

    slow.request(1);
    for (int i = 0; i < 2; i++) {
      pair.pass(INTERVAL);
    }
    assertThat(slow.seen).as("as it reads").containsExactly(Reason.KEEP_ALIVE_TIMEOUT);
  }

  @Test
  void pingsKeepNoIdleConnection() {
    Duration idle = Duration.ofMinutes(2);
    SessionPair<ByteBuf> pair =
        pair(
                spec ->
                    spec.upgrade(UpgradePolicy.allowed().keepAlive(INTERVAL, TIMEOUT))
                        .timeouts(SessionTimeouts.DEFAULT.idle(idle)),
                UnaryOperator.identity())
            .establish();
    List<Object> seen = seen(pair.dialer.connected());
    seen(pair.acceptor.connected());
    for (int i = 0; i < 5; i++) {
      pair.pass(INTERVAL);
    }
    assertThat(seen).containsExactly(Reason.IDLE_TIMEOUT);
  }
}
