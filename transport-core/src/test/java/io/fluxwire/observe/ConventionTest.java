package io.fluxwire.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.observe.FluxwireObservations.Attribute;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.GlobalObservationConvention;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.util.context.Context;

/** What observations are called and which key-values they have, by default and by convention. */
class ConventionTest {

  private static final SocketAddress ADDRESS = InetSocketAddress.createUnresolved("host", 7);
  private static final NodeId PEER = NodeKey.generate().id();
  private static final SessionParameters UPGRADED =
      SessionParameters.upgraded(Aead.AES_256_GCM, true, 0);

  private final ObservationRegistry registry = ObservationRegistry.create();
  private final List<String> stopped = new ArrayList<>();

  private record Session(
      String id,
      Direction direction,
      SocketAddress remoteAddress,
      NodeId remoteId,
      SessionParameters session)
      implements SessionInfo {}

  ConventionTest() {
    registry.observationConfig().observationHandler(new Stopped());
  }

  private final class Stopped implements ObservationHandler<Observation.Context> {

    @Override
    public void onStop(Observation.Context context) {
      stopped.add(
          context.getContextualName()
              + context.getAllKeyValues().stream()
                  .map(KeyValue::getKey)
                  .map(key -> key.replace("fluxwire.", ""))
                  .toList());
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
      return true;
    }
  }

  private void live() {
    Observability observability = Observability.none().withObservations(registry);
    observability.round("host", Context.empty()).onWon(ADDRESS, PEER);
    observability.round("host", Context.empty()).onCancelled();
    Session session = new Session("id", Direction.INBOUND, ADDRESS, PEER, UPGRADED);
    SessionListener listener = observability.session(session, Context.empty());
    listener.onHandshakeStarted(session);
    listener.onEstablished(session);
    listener.onClosed(session, new CloseReason(Reason.CLOSED_BY_PEER, null));
  }

  @Test
  void byDefaultAllThatIsKnownIsInTheKeyValues() {
    live();
    assertThat(stopped)
        .containsExactly(
            "fluxwire dial[dial.name, peer.address, peer.id]",
            "fluxwire dial[dial.name, reason]",
            "fluxwire handshake[direction, connection.id, peer.address, peer.id]",
            "fluxwire session[aead, direction, connection.id,"
                + " peer.address, peer.id, reason, post.quantum, protocol]");
  }

  @Test
  void aConventionOfTheRegistryTakesThePlaceOfTheDefault() {
    registry
        .observationConfig()
        .observationConvention(
            new GlobalObservationConvention<SessionObservationContext>() {
              @Override
              public boolean supportsContext(Observation.Context context) {
                return context instanceof SessionObservationContext known
                    && known.observation() == FluxwireObservations.SESSION;
              }

              @Override
              public String getName() {
                return "visit";
              }

              @Override
              public String getContextualName(SessionObservationContext context) {
                return "visit of " + context.session().id() + ": " + context.reason();
              }

              @Override
              public KeyValues getHighCardinalityKeyValues(SessionObservationContext context) {
                return KeyValues.of(
                    Attribute.PEER_ID.withValue(String.valueOf(context.session().remoteId())));
              }
            });
    live();
    assertThat(stopped)
        .endsWith(
            "fluxwire handshake[direction, connection.id, peer.address, peer.id]",
            "visit of id: CLOSED_BY_PEER[peer.id]");
  }
}
