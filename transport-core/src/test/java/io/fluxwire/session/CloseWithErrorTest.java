package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.Undelivered;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A side that failed says so behind what it has sent, and the peer never takes it for all. */
class CloseWithErrorTest {

  private static SessionPair<Pkt> pair(Dialect dialect) {
    return SessionPair.of(PacketCodec.pkt(), dialect::spokenBy, dialect::spokenBy, Long.MAX_VALUE)
        .establish();
  }

  /** What comes, and then how it ended. */
  private static <P> List<Object> received(PeerConnection<P> connection) {
    List<Object> all = new ArrayList<>();
    connection
        .receive()
        .subscribe(
            packet -> all.add(packet instanceof ByteBuf bytes ? bytes.readableBytes() : packet),
            all::add,
            () -> all.add("completed"));
    return all;
  }

  /** More than is on its way at a time. */
  private static Flux<ByteBuf> many() {
    return Flux.range(0, 100).map(i -> Unpooled.wrappedBuffer(new byte[60 * 1024]));
  }

  private static void assertTold(Object end, String problem) {
    assertThat(end)
        .isInstanceOfSatisfying(
            ConnectionClosedException.class,
            told -> {
              assertThat(told.reason()).isEqualTo(Reason.PEER_ERROR);
              assertThat(told.problem()).isEqualTo(problem);
            });
  }

  @ParameterizedTest
  @EnumSource
  void thePeerIsToldBehindWhatWasHandedOver(Dialect dialect) {
    SessionPair<Pkt> pair = pair(dialect);
    List<Object> atDialer = received(pair.dialer.connected());
    List<Object> sends = new ArrayList<>();
    Sinks.Many<Pkt> unfinished = Sinks.many().unicast().onBackpressureBuffer();
    pair.acceptor.connected().send(unfinished.asFlux()).subscribe(null, sends::add);
    for (int i = 0; i < 3; i++) {
      unfinished.tryEmitNext(Hello.packet()).orThrow();
    }
    List<Undelivered> left = new ArrayList<>();
    pair.acceptor.connected().undelivered().subscribe(left::add);
    pair.acceptor.connected().closeWithError("out of paper").subscribe();
    pair.settle();

    assertThat(atDialer).hasSize(4);
    assertTold(atDialer.get(3), "out of paper");
    assertThat(pair.dialer.closed)
        .singleElement()
        .extracting("reason")
        .isEqualTo(Reason.PEER_ERROR);
    assertThat(pair.acceptor.closed)
        .singleElement()
        .satisfies(
            end -> {
              assertThat(end.reason()).isEqualTo(Reason.CLOSED_WITH_ERROR);
              assertThat(end).hasToString("this side closed with an error: out of paper");
            });
    assertThat(left).containsExactly(Undelivered.NOTHING);
    assertThat(sends)
        .singleElement()
        .isInstanceOfSatisfying(
            PeerException.class,
            failed -> assertThat(failed.reason()).isEqualTo(Reason.CLOSED_WITH_ERROR));
    pair.close();
  }

  /** Its receiver got all, but not the answers that were to come. */
  @ParameterizedTest
  @EnumSource
  void aPeerThatHasClosedIsToldAsLongAsAnswersAreUnderWay(Dialect dialect) {
    SessionPair<Pkt> pair = pair(dialect);
    List<Object> atDialer = received(pair.dialer.connected());
    PeerConnection<Pkt> acceptor = pair.acceptor.connected();
    Sinks.Many<Pkt> answers = Sinks.many().unicast().onBackpressureBuffer();
    acceptor.receive().subscribe();
    acceptor
        .send(answers.asFlux())
        .onErrorResume(IllegalStateException.class, bug -> acceptor.closeWithError("a bug"))
        .subscribe();
    pair.dialer.connected().close().subscribe();
    pair.settle();
    assertThat(acceptor.isDisposed()).isTrue();
    answers.tryEmitNext(Hello.packet()).orThrow();
    answers.tryEmitError(new IllegalStateException("with a secret")).orThrow();
    pair.settle();

    assertThat(atDialer).hasSize(2);
    assertTold(atDialer.get(1), "a bug");
    pair.close();
  }

  @ParameterizedTest
  @EnumSource
  void aTextIsCutAndMadeHarmless(Dialect dialect) {
    SessionPair<Pkt> pair = pair(dialect);
    List<Object> atDialer = received(pair.dialer.connected());
    pair.acceptor.connected().closeWithError("\u001b[31m" + "x".repeat(5_000)).subscribe();
    pair.settle();

    assertThat(atDialer).hasSize(1);
    assertThat(((ConnectionClosedException) atDialer.get(0)).problem())
        .startsWith("\ufffd[31mxxx")
        .hasSizeLessThan(260);
    pair.close();
  }

  @Test
  void theOldDaemonsHelloIsNoError() {
    SessionPair<Pkt> pair = pair(Dialect.VERSION_3);
    List<Object> atDialer = received(pair.dialer.connected());
    pair.acceptor.connected().closeWithError(Hello.PROBLEM).subscribe();
    pair.settle();

    assertThat(atDialer).hasSize(1);
    assertTold(atDialer.get(0), "error: hello");
    pair.close();
  }

  @ParameterizedTest
  @EnumSource
  void itIsLazyAndAfterACloseItIsTheClose(Dialect dialect) {
    SessionPair<Pkt> pair = pair(dialect);
    List<Object> atDialer = received(pair.dialer.connected());
    PeerConnection<Pkt> acceptor = pair.acceptor.connected();
    Mono<Void> withError = acceptor.closeWithError("a bug");
    pair.settle();
    assertThat(acceptor.isDisposed()).isFalse();
    acceptor.close().subscribe();
    withError.subscribe();
    pair.settle();

    assertThat(atDialer).containsExactly("completed");
    assertThat(pair.acceptor.closed).extracting("reason").containsExactly(Reason.CLOSED_LOCALLY);
    pair.close();
  }

  /** Most of it waits when the side closes. */
  @ParameterizedTest
  @EnumSource
  void whatWaitsIsWrittenBeforeThePeerIsTold(Dialect dialect) {
    SessionPair<ByteBuf> pair =
        SessionPair.of(PacketCodec.raw(), dialect::spokenBy, dialect::spokenBy, Long.MAX_VALUE)
            .establish();
    pair.acceptor.connected().send(many()).subscribe(null, failure -> {});
    pair.acceptor.connected().closeWithError("a bug").subscribe();
    pair.settle();
    List<Object> atDialer = received(pair.dialer.connected());
    pair.settle();

    assertThat(atDialer).hasSize(101);
    assertThat(atDialer.get(100))
        .isInstanceOfSatisfying(
            PeerException.class,
            end ->
                assertThat(end.reason())
                    .isEqualTo(
                        dialect == Dialect.UPGRADED ? Reason.PEER_ERROR : Reason.FRAME_TRUNCATED));
    pair.close();
  }

  /** It is told once the packets are written, which it need not let happen. */
  @ParameterizedTest
  @EnumSource
  void aPeerThatReadsNothingIsNotWaitedForLongerThanTheDrainTimeout(Dialect dialect) {
    SessionPair<ByteBuf> pair =
        SessionPair.of(PacketCodec.raw(), dialect::spokenBy, dialect::spokenBy, Long.MAX_VALUE)
            .establish();
    pair.acceptor.connected().send(many()).subscribe(null, failure -> {});
    pair.acceptor.connected().closeWithError("a bug").subscribe();
    pair.settle();
    assertThat(pair.acceptor.closed).isEmpty();
    pair.pass(SessionTimeouts.DEFAULT.drain());

    assertThat(pair.acceptor.closed).extracting("reason").containsExactly(Reason.CLOSED_WITH_ERROR);
    pair.close();
  }

  /** The raw codec has no packet that is an error, and version 3 no other word for it. */
  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void withoutAWordForItTheStreamBreaksOffBehindWhatWasSent(int packets) {
    SessionPair<ByteBuf> pair =
        SessionPair.of(PacketCodec.raw(), spec -> spec, spec -> spec, Long.MAX_VALUE).establish();
    List<Object> atDialer = received(pair.dialer.connected());
    pair.acceptor
        .connected()
        .send(Flux.range(0, packets).map(i -> Unpooled.wrappedBuffer(new byte[100])))
        .subscribe(null, failure -> {});
    pair.acceptor.connected().closeWithError("a bug").subscribe();
    pair.settle();

    assertThat(atDialer).hasSize(packets + 1);
    assertThat(atDialer.get(packets))
        .isInstanceOfSatisfying(
            PeerException.class, end -> assertThat(end.reason()).isEqualTo(Reason.FRAME_TRUNCATED));
    pair.close();
  }
}
