package io.fluxwire.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.observe.dial.Outcome;
import io.fluxwire.observe.dial.RoundObserver;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.util.context.Context;

@Tag("slow")
class CardinalityTest {

  private static final List<Reason> REASONS = List.of(Reason.values());
  private static final List<Aead> CIPHERS = List.of(Aead.values());

  /** As many as it takes until each reason, and all that is negotiated, was there both ways. */
  private static final int ALL_COMBINATIONS = 6 * 14 * REASONS.size();

  private final MeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void tenThousandPeersLeaveTheNumberOfTimeSeriesWhereItWas() throws UnknownHostException {
    Observability observability = Observability.none().withMeters(registry);
    long before = 0;
    for (int i = 0; i < 10_000; i++) {
      if (i == ALL_COMBINATIONS) {
        before = series();
      }
      live(observability, i);
    }
    assertThat(
            registry.get("fluxwire.connections.opened").counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum())
        .isEqualTo(5_000);
    assertThat(registry.get("fluxwire.connections.active").gauges())
        .allMatch(gauge -> gauge.value() == 0);
    assertThat(registry.get("fluxwire.channels.open").gauges())
        .allMatch(gauge -> gauge.value() == 0);
    for (FluxwireMeters.Role role : FluxwireMeters.Role.values()) {
      assertThat(Meters.of(registry).oldest(role)).isEmpty();
    }
    assertThat(
            registry.get("fluxwire.channels.ended").counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum())
        .isEqualTo(10_000);
    assertThat(series()).isEqualTo(before);
  }

  private long series() {
    return registry.getMeters().stream().mapToLong(CardinalityTest::series).sum();
  }

  private static long series(Meter meter) {
    long[] count = {0};
    meter.measure().forEach(measurement -> count[0]++);
    return count[0];
  }

  /** What a dial and a session tell in their lives, each with another peer and address. */
  private static void live(Observability observability, int number) throws UnknownHostException {
    Reason reason = REASONS.get(number % REASONS.size());
    Direction direction = number % 3 == 0 ? Direction.INBOUND : Direction.OUTBOUND;
    InetSocketAddress address =
        new InetSocketAddress(
            InetAddress.getByAddress(ByteBuffer.allocate(4).putInt(number).array()), number);
    live(observability.channel(number % 2 == 0, 0, number, number), number, reason);
    RoundObserver round = observability.round("host" + number, Context.empty());
    round.onAttemptEnded(address, Outcome.SUCCESS);

    Session session =
        new Session("id" + number, direction, address, NodeKey.generate().id(), negotiated(number));
    SessionListener listener = observability.session(session, Context.empty());
    listener.onHandshakeStarted(session);
    for (HandshakeStage stage : HandshakeStage.values()) {
      listener.onHandshakeStage(session, stage);
    }
    ConnectionClosedException end = new ConnectionClosedException(reason, "end of " + number);
    if (number % 2 == 0) {
      listener.onHandshakeFailed(session, end);
      return;
    }
    listener.onEstablished(session);
    TrafficListener traffic = listener.traffic(session);
    for (int i = 0; i < MeterTraffic.SAMPLED; i++) {
      traffic.onPacketReceived(number);
      traffic.onPacketSent(number);
    }
    traffic.onRoundTrip(number);
    listener.onClosed(session, CloseReason.of(end));
  }

  /** What a channel tells in its life. */
  private static void live(ChannelRecorder channel, int number, Reason reason) {
    channel.onConnected();
    channel.onWriting();
    channel.onStoreFull();
    channel.onWritten(number, number + 2L, 10);
    channel.onDisconnected(true);
    channel.onConnected();
    channel.onResent(2);
    channel.onDelivered(1);
    channel.onDisconnected(false);
    channel.onEnded(reason);
  }

  /** All that can be negotiated but for features, of which only traces could tell. */
  private static SessionParameters negotiated(int number) {
    int one = number / 2 % (2 * CIPHERS.size() + 1);
    return one == 0
        ? SessionParameters.V3
        : SessionParameters.upgraded(CIPHERS.get((one - 1) / 2), one % 2 == 0, number);
  }

  private record Session(
      String id,
      Direction direction,
      SocketAddress remoteAddress,
      NodeId remoteId,
      SessionParameters session)
      implements SessionInfo {}
}
