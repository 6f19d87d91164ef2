package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.access.Authorizer;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.observe.Observability;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Error;
import io.fluxwire.proto.Pkt;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Exact numbers: what the meters say is what the test did. */
class ObservedSessionTest {

  private static final int FRAME_HEADER = 40;
  private static final int SESSION_KEY = 33;

  private final MeterRegistry dialers = new SimpleMeterRegistry();
  private final MeterRegistry acceptors = new SimpleMeterRegistry();
  private final List<SessionPair<?>> pairs = new ArrayList<>();

  private SessionPair<ByteBuf> pair() {
    return pair(UnaryOperator.identity(), UnaryOperator.identity(), Long.MAX_VALUE);
  }

  private SessionPair<ByteBuf> pair(
      UnaryOperator<SessionSpec<ByteBuf>> dialer,
      UnaryOperator<SessionSpec<ByteBuf>> acceptor,
      long dialersLimit) {
    return pair(PacketCodec.raw(), dialer, acceptor, dialersLimit);
  }

  private <P> SessionPair<P> pair(
      PacketCodec<P> codec,
      UnaryOperator<SessionSpec<P>> dialer,
      UnaryOperator<SessionSpec<P>> acceptor,
      long dialersLimit) {
    SessionPair<P> pair =
        SessionPair.of(
            codec,
            spec -> dialer.apply(spec.observability(Observability.none().withMeters(dialers))),
            spec -> acceptor.apply(spec.observability(Observability.none().withMeters(acceptors))),
            dialersLimit);
    pairs.add(pair);
    return pair;
  }

  @AfterEach
  void nothingStaysUp() {
    pairs.forEach(SessionPair::close);
    for (MeterRegistry registry : List.of(dialers, acceptors)) {
      for (String gauge : List.of("connections.active", "handshakes.pending", "write.queue")) {
        assertThat(registry.find("fluxwire." + gauge).gauges())
            .as(gauge)
            .allMatch(shown -> shown.value() == 0);
      }
    }
  }

  /** The one meter with these tags; zero where there is none. */
  private static double value(MeterRegistry registry, String name, String... tags) {
    return registry.find("fluxwire." + name).tags(tags).meters().stream()
        .mapToDouble(meter -> meter.measure().iterator().next().getValue())
        .sum();
  }

  private static ByteBuf bytes(int size) {
    return Unpooled.wrappedBuffer(new byte[size]);
  }

  @Test
  void bytesAndPacketsAreCountedBothWays() {
    SessionPair<ByteBuf> pair = pair().establish();
    double wireBefore = value(dialers, "bytes", "flow", "out", "layer", "wire");
    assertThat(wireBefore)
        .as("the handshake's, which has no packets of the application")
        .isPositive();
    assertThat(value(dialers, "packets")).isZero();

    pair.acceptor.connected().receive().subscribe();
    pair.dialer.connected().send(Flux.range(0, 320).map(i -> bytes(100))).subscribe();
    pair.settle();

    long wire = 320L * (FRAME_HEADER + 112);
    assertThat(value(dialers, "packets", "flow", "out")).isEqualTo(320);
    assertThat(value(acceptors, "packets", "flow", "in")).isEqualTo(320);
    assertThat(value(dialers, "packets", "flow", "in")).isZero();
    assertThat(value(dialers, "bytes", "flow", "out", "layer", "payload")).isEqualTo(32_000);
    assertThat(value(acceptors, "bytes", "flow", "in", "layer", "payload")).isEqualTo(32_000);
    assertThat(value(dialers, "bytes", "flow", "out", "layer", "wire"))
        .isEqualTo(wireBefore + wire);
    assertThat(value(acceptors, "bytes", "flow", "in", "layer", "wire"))
        .isEqualTo(wireBefore + wire);
    assertThat(acceptors.get("fluxwire.packet.size").tag("flow", "in").summary())
        .satisfies(
            sizes -> {
              assertThat(sizes.count()).as("one of 16").isEqualTo(20);
              assertThat(sizes.max()).isEqualTo(100);
            });
  }

  @Test
  void connectionsAreCountedByDirectionAndByTheReasonOfTheirEnd() {
    SessionPair<ByteBuf> pair = pair().establish();
    pair.acceptor.connected().receive().subscribe();
    assertThat(value(dialers, "connections.active", "direction", "outbound")).isEqualTo(1);
    assertThat(value(acceptors, "connections.active", "direction", "inbound")).isEqualTo(1);
    assertThat(value(acceptors, "connections.active", "direction", "outbound")).isZero();
    assertThat(value(acceptors, "connections.opened", "direction", "inbound")).isEqualTo(1);

    pair.dialer.connected().close().subscribe();
    pair.settle();
    assertThat(
            value(
                dialers, "connections.closed", "direction", "outbound", "reason", "closed_locally"))
        .isEqualTo(1);
    assertThat(
            value(
                acceptors,
                "connections.closed",
                "direction",
                "inbound",
                "reason",
                "closed_by_peer"))
        .isEqualTo(1);
    assertThat(value(dialers, "connections.closed")).isEqualTo(1);
    assertThat(value(dialers, "failures")).isZero();
  }

  @Test
  void handshakesAreTimedByStage() {
    pair().establish();
    for (String stage : List.of("exchange", "agreement", "authenticate")) {
      assertThat(
              value(
                  acceptors,
                  "handshake.time",
                  "stage",
                  stage,
                  "outcome",
                  "success",
                  "direction",
                  "inbound",
                  "reason",
                  "none"))
          .as(stage)
          .isEqualTo(1);
    }
    assertThat(value(acceptors, "handshake.time")).isEqualTo(3);
    assertThat(value(dialers, "handshake.time", "direction", "outbound")).isEqualTo(3);
  }

  @Test
  void aHandshakeThatTimesOutTellsWhereItStood() {
    SessionPair<ByteBuf> pair = pair().accept();
    pair.settle();
    assertThat(value(acceptors, "handshakes.pending")).isEqualTo(1);
    pair.pass(SessionTimeouts.DEFAULT.handshake());

    assertThat(value(acceptors, "handshakes.pending")).isZero();
    assertThat(
            value(
                acceptors,
                "handshake.time",
                "stage",
                "exchange",
                "outcome",
                "failure",
                "reason",
                "handshake_timeout"))
        .isEqualTo(1);
    assertThat(value(acceptors, "handshakes.refused", "reason", "handshake_timeout")).isEqualTo(1);
    assertThat(value(acceptors, "connections.opened")).isZero();
    assertThat(value(acceptors, "failures")).as("no rule is broken").isZero();
  }

  @Test
  void aHandshakeThatIsCancelledIsNoFailure() {
    SessionPair<ByteBuf> pair = pair().dial();
    pair.settle();
    Disposable dial = pair.dialer.subscription;
    assertThat(dial).isNotNull();
    dial.dispose();
    pair.settle();

    assertThat(value(dialers, "handshake.time", "outcome", "cancelled")).isEqualTo(1);
    assertThat(value(dialers, "handshake.time")).isEqualTo(1);
  }

  @Test
  void whomTheAuthorizerRefusesIsCounted() {
    pair(
            UnaryOperator.identity(),
            spec -> spec.authorizer(Authorizer.allowing(List.of())),
            Long.MAX_VALUE)
        .establish();

    assertThat(value(acceptors, "authorizer.refusals")).isEqualTo(1);
    assertThat(value(acceptors, "handshakes.refused", "reason", "not_authorized")).isEqualTo(1);
    assertThat(value(acceptors, "failures")).isZero();
    assertThat(value(dialers, "handshakes.refused")).as("this one was refused").isZero();
    // A dialer is up when it has proven itself, and hears the refusal then.
    assertThat(value(dialers, "connections.opened")).isEqualTo(1);
    pairs.get(0).dialer.connected().receive().subscribe(null, failure -> {});
    pairs.get(0).settle();
    assertThat(value(dialers, "connections.closed")).isEqualTo(1);
  }

  @Test
  void anImpostorIsAFailure() {
    pair(spec -> spec.expected(NodeKey.generate().id()), UnaryOperator.identity(), Long.MAX_VALUE)
        .establish();

    assertThat(value(dialers, "failures", "reason", "node_id_unexpected")).isEqualTo(1);
    assertThat(
            value(
                dialers,
                "handshake.time",
                "stage",
                "authenticate",
                "outcome",
                "failure",
                "reason",
                "node_id_unexpected"))
        .isEqualTo(1);
    assertThat(value(dialers, "authorizer.refusals")).isZero();
  }

  @Test
  void aForgedFrameIsAFailureByItsReason() {
    SessionPair<ByteBuf> pair = pair().establish();
    pair.acceptor.connected().receive().subscribe(null, failure -> {});
    // Past the seal: a frame that no key of the dialer has sealed.
    ByteBuf forged = bytes(FRAME_HEADER + 1_008).setLongLE(32, 1_000);
    pair.dialersDuplex().write(forged, failure -> {});
    pair.settle();

    assertThat(value(acceptors, "failures", "reason", "mac_mismatch")).isEqualTo(1);
    assertThat(value(acceptors, "failures")).isEqualTo(1);
    assertThat(value(acceptors, "connections.closed", "reason", "mac_mismatch")).isEqualTo(1);
    assertThat(value(acceptors, "packets", "flow", "in")).isZero();
  }

  @Test
  void aConnectionThatBreaksIsCountedAsLost() {
    int handshake = SESSION_KEY + FRAME_HEADER + 128;
    SessionPair<ByteBuf> pair =
        pair(UnaryOperator.identity(), UnaryOperator.identity(), handshake + 1_000).establish();
    pair.acceptor.connected().receive().subscribe(null, failure -> {});
    pair.dialer.connected().send(Flux.range(0, 100).map(i -> bytes(100))).subscribe(null, t -> {});
    pair.settle();

    assertThat(value(acceptors, "connections.closed", "reason", "connection_lost")).isEqualTo(1);
    assertThat(value(dialers, "write.queue")).isZero();
  }

  @Test
  void aPeerThatIsKilledInsideAFrameIsALostConnectionAndNoFailure() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Throwable> seen = new ArrayList<>();
    List<ByteBuf> told = new ArrayList<>();
    pair.acceptor.connected().receive().subscribe(null, seen::add);
    pair.dialer.connected().receive().subscribe(told::add, failure -> {});
    pair.dialersDuplex().write(bytes(20), failure -> {});
    pair.dialersDuplex().shutdownOutput();
    pair.settle();

    assertThat(seen)
        .singleElement()
        .isInstanceOfSatisfying(
            ConnectionClosedException.class,
            lost -> {
              assertThat(lost.reason()).isEqualTo(Reason.FRAME_TRUNCATED);
              assertThat(lost.isRetryable()).isTrue();
            });
    assertThat(value(acceptors, "connections.closed", "reason", "frame_truncated")).isEqualTo(1);
    assertThat(value(acceptors, "failures")).isZero();
    assertThat(told).as("nobody is blamed").isEmpty();
  }

  @Test
  void aPeersErrorIsTheReasonOfTheEndAndNoPacketOfTheApplication() {
    SessionPair<Pkt> pair =
        pair(PacketCodec.pkt(), UnaryOperator.identity(), UnaryOperator.identity(), Long.MAX_VALUE)
            .establish();
    pair.acceptor.connected().receive().subscribe(null, failure -> {});
    Pkt error = Pkt.newBuilder().setError(Error.newBuilder().setProblem("no more")).build();
    pair.dialer.connected().send(Mono.just(error)).subscribe();
    pair.settle();

    assertThat(value(acceptors, "connections.closed", "reason", "peer_error")).isEqualTo(1);
    assertThat(value(acceptors, "packets")).isZero();
    assertThat(value(acceptors, "failures")).isZero();
  }

  @Test
  void packetsThatTheCodecDoesNotKnowAreCounted() {
    SessionPair<Pkt> pair =
        pair(PacketCodec.pkt(), UnaryOperator.identity(), UnaryOperator.identity(), Long.MAX_VALUE)
            .establish();
    List<Pkt> received = new ArrayList<>();
    pair.acceptor.connected().receive().subscribe(received::add);
    pair.dialer
        .connected()
        .send(Flux.just(Unknown.packet(), Hello.packet(), Unknown.packet(), Unknown.packet()))
        .subscribe();
    pair.settle();

    assertThat(received).singleElement().matches(Hello::is);
    assertThat(value(acceptors, "packets.unknown")).isEqualTo(3);
    assertThat(value(dialers, "packets.unknown")).isZero();
  }

  @Test
  void aFullWindowIsAStallAndShowsInTheQueue() {
    SessionPair<ByteBuf> pair = pair().establish();
    pair.dialer.connected().send(Flux.range(0, 32).map(i -> bytes(64 * 1024))).subscribe();
    pair.settle();
    assertThat(value(dialers, "write.stalls")).isEqualTo(1);
    assertThat(value(dialers, "write.queue"))
        .isBetween((double) RecordWriter.WINDOW, RecordWriter.WINDOW + 70_000d);

    pair.acceptor.connected().receive().subscribe();
    pair.settle();
    assertThat(value(dialers, "write.queue")).isZero();
    assertThat(value(dialers, "bytes", "flow", "out", "layer", "payload"))
        .isEqualTo(32 * 64 * 1024);
  }

  @Test
  void aReaderThatAsksForNothingIsADemandWait() {
    SessionPair<ByteBuf> pair = pair().establish();
    List<Subscription> reader = new ArrayList<>();
    pair.acceptor
        .connected()
        .receive()
        .subscribe(
            new BaseSubscriber<>() {
              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                reader.add(subscription);
              }
            });
    for (int i = 1; i <= 3; i++) {
      reader.get(0).request(1);
      pair.dialer.connected().send(Mono.just(bytes(100))).subscribe();
      pair.settle();
      assertThat(value(acceptors, "demand.waits")).isEqualTo(i);
    }
    reader.get(0).request(Long.MAX_VALUE);
    pair.dialer.connected().send(Flux.range(0, 100).map(i -> bytes(100))).subscribe();
    pair.settle();
    assertThat(value(acceptors, "demand.waits")).isEqualTo(3);
    assertThat(value(acceptors, "packets")).isEqualTo(103);
  }

  @Test
  void withoutARegistryNothingStandsBetweenTheSessionAndItsDuplex() {
    SessionPair<ByteBuf> pair =
        SessionPair.of(
            PacketCodec.raw(), UnaryOperator.identity(), UnaryOperator.identity(), Long.MAX_VALUE);
    pairs.add(pair);
    pair.establish();
    PeerConnection<ByteBuf> peer = pair.dialer.connected();
    assertThat(peer).extracting("inbound.traffic").isSameAs(TrafficListener.NONE);
    assertThat(peer).extracting("endpoint.duplex").isSameAs(pair.dialersDuplex());
    pair.pass(Duration.ofSeconds(1));
    assertThat(dialers.getMeters()).isEmpty();
  }
}
