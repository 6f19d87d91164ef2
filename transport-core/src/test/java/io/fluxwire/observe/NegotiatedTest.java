package io.fluxwire.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.observe.dial.Outcome;
import io.micrometer.common.KeyValue;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.util.context.Context;

/** What a session negotiated is seen in meters and traces. */
class NegotiatedTest {

  private static final SessionParameters UPGRADED =
      SessionParameters.upgraded(Aead.CHACHA20_POLY1305, true, 0);
  private static final String[] UPGRADED_TAGS = {
    "protocol", "upgraded", "aead", "chacha20-poly1305", "post.quantum", "true"
  };
  private static final String[] V3_TAGS = {
    "protocol", "v3", "aead", "none", "post.quantum", "false"
  };

  private final MeterRegistry meters = new SimpleMeterRegistry();
  private Observability observability = Observability.none().withMeters(meters);

  private record Session(
      String id,
      Direction direction,
      SocketAddress remoteAddress,
      NodeId remoteId,
      SessionParameters session)
      implements SessionInfo {}

  private static Session session(SessionParameters negotiated) {
    return new Session(
        "id",
        Direction.INBOUND,
        InetSocketAddress.createUnresolved("host", 7),
        NodeKey.generate().id(),
        negotiated);
  }

  private SessionListener opened(Session session) {
    SessionListener listener = observability.session(session, Context.empty());
    listener.onHandshakeStarted(session);
    listener.onEstablished(session);
    return listener;
  }

  private double active(String... tags) {
    return meters.get("fluxwire.connections.active").tags(tags).gauges().stream()
        .mapToDouble(Gauge::value)
        .sum();
  }

  private double closed(String reason) {
    return meters.get("fluxwire.connections.closed").tag("reason", reason).counter().count();
  }

  @Test
  void connectionsAreCountedByWhatTheyNegotiated() {
    Session upgraded = session(UPGRADED);
    SessionListener listener = opened(upgraded);
    opened(session(SessionParameters.V3));

    assertThat(meters.get("fluxwire.connections.opened").tags(UPGRADED_TAGS).counter().count())
        .isEqualTo(1);
    assertThat(meters.get("fluxwire.connections.opened").tags(V3_TAGS).counter().count())
        .isEqualTo(1);
    assertThat(active(UPGRADED_TAGS)).isEqualTo(1);
    assertThat(active()).isEqualTo(2);

    listener.onClosed(upgraded, new CloseReason(Reason.CLOSED_BY_PEER, null));
    assertThat(active(UPGRADED_TAGS)).isZero();
    assertThat(active(V3_TAGS)).isEqualTo(1);
  }

  @Test
  void aTruncationIsNotCountedAsAnEndInGoodOrder() {
    Session first = session(UPGRADED);
    opened(first).onClosed(first, new CloseReason(Reason.CLOSED_BY_PEER, null));
    Session second = session(UPGRADED);
    opened(second).onClosed(second, new CloseReason(Reason.STREAM_TRUNCATED, null));
    Session third = session(UPGRADED);
    opened(third).onClosed(third, new CloseReason(Reason.STREAM_TRUNCATED, null));

    assertThat(closed("closed_by_peer")).isEqualTo(1);
    assertThat(closed("stream_truncated")).isEqualTo(2);
  }

  @Test
  void roundTripsOfAllConnectionsAreInOneTimer() {
    for (int i = 1; i <= 3; i++) {
      Session session = session(UPGRADED);
      opened(session).traffic(session).onRoundTrip(i * 1_000_000L);
    }

    Timer times = meters.get("fluxwire.round.trip").timer();
    assertThat(times.count()).isEqualTo(3);
    assertThat(times.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(6);
    assertThat(times.getId().getTags()).isEmpty();
  }

  @Test
  void requestsAreTimedByHowTheyEnd() {
    Session session = session(UPGRADED);
    TrafficListener traffic = opened(session).traffic(session);
    traffic.onRequestEnded(1_000_000, Outcome.SUCCESS, null);
    traffic.onRequestEnded(2_000_000, Outcome.SUCCESS, null);
    traffic.onRequestEnded(9_000_000, Outcome.FAILURE, Reason.REQUEST_TIMEOUT);

    Timer answered =
        meters.get("fluxwire.request.time").tags("outcome", "success", "reason", "none").timer();
    assertThat(answered.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(3);
    assertThat(
            meters
                .get("fluxwire.request.time")
                .tags("outcome", "failure", "reason", "request_timeout")
                .timer()
                .count())
        .isEqualTo(1);
  }

  @Test
  void theSpanOfASessionHasItAmongTheKeysOfFewValues() {
    List<String> spans = new ArrayList<>();
    ObservationRegistry traces = ObservationRegistry.create();
    traces
        .observationConfig()
        .observationHandler(
            new ObservationHandler<SessionObservationContext>() {
              @Override
              public void onStop(SessionObservationContext context) {
                for (KeyValue known : context.getLowCardinalityKeyValues()) {
                  spans.add(known.getKey() + "=" + known.getValue());
                }
              }

              @Override
              public boolean supportsContext(Observation.Context context) {
                return context instanceof SessionObservationContext known
                    && known.observation() == FluxwireObservations.SESSION;
              }
            });
    observability = observability.withObservations(traces);
    Session session = session(UPGRADED);
    opened(session).onClosed(session, new CloseReason(Reason.CLOSED_BY_PEER, null));

    assertThat(spans)
        .containsExactlyInAnyOrder(
            "direction=inbound",
            "protocol=upgraded",
            "aead=chacha20-poly1305",
            "post.quantum=true");
  }
}
