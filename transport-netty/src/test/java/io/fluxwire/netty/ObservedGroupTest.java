package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.group.PeerGroup.Change;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** A group's links and its server record into the registries of the client and server it has. */
class ObservedGroupTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final ObservationRegistry traces = ObservationRegistry.create();
  private final Queue<String> stopped = new ConcurrentLinkedQueue<>();

  private double count(String meter, String tag, String value) {
    return meters.get(meter).tag(tag, value).counter().count();
  }

  @Test
  void linksAndServerOfAGroupAreCountedAndTraced() {
    traces
        .observationConfig()
        .observationHandler(
            new ObservationHandler<Observation.Context>() {
              @Override
              public void onStop(Observation.Context context) {
                stopped.add(
                    context.getName()
                        + " "
                        + (context.getLowCardinalityKeyValue("direction") == null
                            ? "outbound"
                            : context.getLowCardinalityKeyValue("direction").getValue()));
              }

              @Override
              public boolean supportsContext(Observation.Context context) {
                return true;
              }
            });
    NodeKey key = NodeKey.generate();
    NodeKey dialledKey = NodeKey.generate();
    NodeKey diallingKey = NodeKey.generate();
    PeerGroup<Pkt> group = PeerGroup.of(key.id());
    Sinks.Many<Change<Pkt>> changes = Sinks.many().replay().all();
    group.changes().subscribe(change -> changes.tryEmitNext(change));

    DisposablePeerServer other =
        PeerServer.create().host("127.0.0.1").nodeKey(dialledKey).bindNow();
    DisposablePeerServer own =
        PeerServer.create()
            .host("127.0.0.1")
            .nodeKey(key)
            .meterRegistry(meters)
            .observationRegistry(traces)
            .handle(group::accept)
            .bindNow();
    PeerClient<Pkt> client =
        PeerClient.create().nodeKey(key).meterRegistry(meters).observationRegistry(traces);
    group.add(dialledKey.id(), client.remote("127.0.0.1", other.port()).expect(dialledKey.id()));
    PeerConnection<Pkt> dialling =
        PeerClient.create()
            .nodeKey(diallingKey)
            .remote("127.0.0.1", own.port())
            .connect()
            .block(LIMIT);
    group.receive().subscribe();
    changes.asFlux().filter(Change.Joined.class::isInstance).take(2).blockLast(LIMIT);
    dialling.send(Flux.range(0, 3).map(i -> Pkt.getDefaultInstance())).block(LIMIT);
    dialling.close().block(LIMIT);
    changes.asFlux().filter(Change.Left.class::isInstance).blockFirst(LIMIT);

    assertThat(count("fluxwire.connections.opened", "direction", "outbound")).isEqualTo(1);
    assertThat(count("fluxwire.connections.opened", "direction", "inbound")).isEqualTo(1);
    assertThat(count("fluxwire.connections.closed", "direction", "inbound")).isEqualTo(1);
    assertThat(count("fluxwire.packets", "flow", "in")).isEqualTo(3);

    group.dispose();
    // No server waits for what the group has dialled.
    group.onDispose().block(LIMIT);
    own.disposeNow(LIMIT);
    other.disposeNow(LIMIT);
    assertThat(stopped)
        .containsExactlyInAnyOrderElementsOf(
            List.of(
                "fluxwire.dial outbound",
                "fluxwire.handshake outbound",
                "fluxwire.session outbound",
                "fluxwire.handshake inbound",
                "fluxwire.session inbound"));
  }
}
