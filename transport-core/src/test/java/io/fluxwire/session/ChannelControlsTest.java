package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.ChannelException;
import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.ChannelListener;
import io.fluxwire.record.Incarnation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Sessions that carry a resumable channel, up to its frames (protocol.md section 10). */
class ChannelControlsTest {

  private static final ChannelFrame SAID =
      new ChannelFrame(
          "chat",
          Incarnation.of(HexFormat.of().parseHex("01".repeat(16))),
          Incarnation.NONE,
          0,
          0,
          1);

  private @Nullable SessionPair<ByteBuf> pair;

  private static SessionSpec<ByteBuf> spec(SessionSpec<ByteBuf> spec, long features) {
    return spec.upgrade(UpgradePolicy.required().postQuantum(Mode.OFF)).features(features);
  }

  private SessionPair<ByteBuf> pair(long dialer, long acceptor) {
    SessionPair<ByteBuf> both =
        SessionPair.of(
            PacketCodec.raw(),
            one -> spec(one, dialer),
            other -> spec(other, acceptor),
            Long.MAX_VALUE);
    pair = both;
    return both.establish();
  }

  @AfterEach
  void close() {
    if (pair != null) {
      pair.close();
    }
  }

  /** One side, with all that it hears in its order. */
  private static final class Heard implements ChannelListener {

    private final ChannelControls controls;
    private final List<Object> all = new ArrayList<>();

    Heard(SessionPair.Side<ByteBuf> side) {
      controls = ChannelControls.of(side.connected());
      controls.listener(this);
    }

    /** Reads to the end. */
    Heard reading() {
      controls
          .receive()
          .map(ByteBuf::readInt)
          .subscribe(
              all::add,
              failure -> all.add(((PeerException) failure).reason()),
              () -> all.add("end"));
      return this;
    }

    @Override
    public void onChannel(ChannelFrame frame) {
      all.add(frame);
    }

    @Override
    public void onAcknowledged(long next) {
      all.add(next);
    }
  }

  private static Flux<ByteBuf> packets(int... numbers) {
    return Flux.fromStream(Arrays.stream(numbers).boxed())
        .map(number -> Unpooled.buffer(16).writeInt(number).writeZero(12));
  }

  private static List<Object> outcome(Mono<?> work) {
    List<Object> outcome = new ArrayList<>();
    work.subscribe(outcome::add, outcome::add, () -> outcome.add("done"));
    return outcome;
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 0", "0, 1"})
  void aSessionHasAChannelOnlyIfBothSidesWantOne(long dialer, long acceptor) {
    SessionPair<ByteBuf> pair = pair(dialer, acceptor);
    for (SessionPair.Side<ByteBuf> side : List.of(pair.dialer, pair.acceptor)) {
      assertThat(side.connected().session().hasChannel()).isFalse();
      assertThat(
              catchThrowableOfType(
                      ChannelException.class, () -> ChannelControls.of(side.connected()))
                  .reason())
          .isEqualTo(Reason.CHANNEL_UNSUPPORTED);
    }
  }

  @Test
  void bothSidesHearWhatTheOtherSaysInOrder() {
    SessionPair<ByteBuf> pair = pair(SessionParameters.CHANNEL, SessionParameters.CHANNEL);
    assertThat(pair.dialer.connected().session().hasChannel()).isTrue();
    Heard dialer = new Heard(pair.dialer).reading();
    Heard acceptor = new Heard(pair.acceptor).reading();

    List<Object> said = outcome(dialer.controls.channel(SAID));
    outcome(acceptor.controls.channel(SAID).then(acceptor.controls.send(packets(20, 21))));
    pair.settle();
    ChannelControls.of(pair.dialer.connected()).send(packets(10)).subscribe();
    pair.settle();
    dialer.controls.acknowledge(2);
    acceptor.controls.acknowledge(1);
    pair.settle();

    assertThat(said).containsExactly("done");
    assertThat(dialer.all).containsExactly(SAID, 20, 21, 1L);
    assertThat(acceptor.all).containsExactly(SAID, 10, 2L);
  }

  @Test
  void aConnectionHasOneChannel() {
    SessionPair<ByteBuf> pair = pair(1, 1);
    Heard dialer = new Heard(pair.dialer);
    assertThat(outcome(dialer.controls.channel(SAID))).containsExactly("done");
    assertThat(outcome(dialer.controls.channel(SAID)))
        .singleElement()
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void acknowledgementsDoNotQueueUpBehindAPeerThatDoesNotRead() {
    SessionPair<ByteBuf> pair = pair(1, 1);
    Heard dialer = new Heard(pair.dialer);
    Heard acceptor = new Heard(pair.acceptor);
    dialer.controls.channel(SAID).subscribe();
    pair.settle();
    ChannelControls.of(pair.dialer.connected())
        .send(Flux.range(0, 4).map(i -> Unpooled.buffer().writeInt(i).writeZero(60 * 1024)))
        .subscribe();
    pair.settle();
    for (long next = 0; next < 1_000; next++) {
      dialer.controls.acknowledge(next);
      pair.settle();
    }
    acceptor.reading();
    pair.settle();

    assertThat(acceptor.all).containsExactly(SAID, 0, 1, 2, 3, 0L, 999L);
  }

  @Test
  void onlyTheGreatestOfThoseThatComeTogetherIsSaidAndNoneTwice() {
    SessionPair<ByteBuf> pair = pair(1, 1);
    Heard dialer = new Heard(pair.dialer);
    Heard acceptor = new Heard(pair.acceptor).reading();
    dialer.controls.channel(SAID).subscribe();
    pair.settle();
    // In one turn, so that nothing of it is said before all of it is there.
    pair.time.schedule(
        () -> {
          for (long next : new long[] {3, 5, 4}) {
            dialer.controls.acknowledge(next);
          }
        });
    pair.settle();
    dialer.controls.acknowledge(5);
    dialer.controls.acknowledge(1);
    pair.settle();
    dialer.controls.acknowledge(6);
    pair.settle();

    assertThat(acceptor.all).containsExactly(SAID, 5L, 6L);
  }

  @Test
  void whoFailsAChannelTellsThePeerWhy() {
    SessionPair<ByteBuf> pair = pair(1, 1);
    Heard dialer = new Heard(pair.dialer).reading();
    Heard acceptor = new Heard(pair.acceptor).reading();
    acceptor.controls.fail(
        new ChannelException(Reason.CHANNEL_DISAGREEMENT, "wanted 7, but only 3 were sent"));
    pair.settle();

    assertThat(dialer.all).containsExactly(Reason.PEER_ERROR);
    assertThat(pair.dialer.closed.get(0).cause())
        .hasMessageContaining("wanted 7, but only 3 were sent");
    assertThat(acceptor.all).containsExactly(Reason.CHANNEL_DISAGREEMENT);
    assertThat(pair.acceptor.closed)
        .extracting(CloseReason::reason)
        .containsExactly(Reason.CHANNEL_DISAGREEMENT);
  }

  @Test
  void whatAListenerThrowsEndsTheSession() {
    SessionPair<ByteBuf> pair = pair(1, 1);
    Heard dialer = new Heard(pair.dialer).reading();
    ChannelControls.of(pair.acceptor.connected())
        .listener(
            new ChannelListener() {
              @Override
              public void onChannel(ChannelFrame frame) {
                throw new ChannelException(Reason.CHANNEL_SUPERSEDED, "superseded");
              }
            });
    ChannelControls.of(pair.acceptor.connected()).receive().subscribe(packet -> {}, failure -> {});
    dialer.controls.channel(SAID).subscribe();
    pair.settle();

    assertThat(pair.acceptor.closed)
        .extracting(CloseReason::reason)
        .containsExactly(Reason.CHANNEL_SUPERSEDED);
    assertThat(dialer.all).containsExactly(Reason.PEER_ERROR);
  }

  @Test
  void aPacketBeforeTheChannelEndsTheSession() {
    SessionPair<ByteBuf> pair = pair(1, 1);
    Heard acceptor = new Heard(pair.acceptor).reading();
    ChannelControls.of(pair.dialer.connected()).send(packets(1)).subscribe(null, failure -> {});
    pair.settle();
    assertThat(acceptor.all).containsExactly(Reason.CHANNEL_OUT_OF_PLACE);
  }

  @Test
  void nothingIsSaidOnceTheSessionIsOver() {
    SessionPair<ByteBuf> pair = pair(1, 1);
    Heard dialer = new Heard(pair.dialer);
    pair.dialer.connected().dispose();
    pair.settle();
    dialer.controls.acknowledge(1);
    assertThat(outcome(dialer.controls.channel(SAID)))
        .singleElement()
        .isInstanceOfSatisfying(
            PeerException.class,
            failure -> assertThat(failure.reason()).isEqualTo(Reason.CLOSED_LOCALLY));
    pair.settle();
  }

  @Test
  void whatCarriesAChannelHasNoPacketsOfItsOwn() {
    PeerConnection<ByteBuf> connection = pair(1, 1).dialer.connected();

    assertThat(outcome(connection.receive().then()))
        .singleElement()
        .isInstanceOf(IllegalStateException.class);
    assertThat(outcome(connection.send(packets(1))))
        .singleElement()
        .isInstanceOf(IllegalStateException.class);
  }
}
