package telemetry.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.testing.MemoryNetwork;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import telemetry.packets.Telemetry;
import telemetry.wire.GetCurrent;
import telemetry.wire.TelemetryPkt;

/** What HTTP says of a station that does not answer. */
class StationControllerTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Scheduler thread = Schedulers.newSingle("network");
  private final MemoryNetwork network = MemoryNetwork.create(thread);
  private final NodeKey key = NodeKey.generate();
  private final PeerGroup<TelemetryPkt> stations = PeerGroup.of(key.id());

  /** One request may be on its way to a station, and none waits. */
  private final DisposablePeerServer ingest =
      PeerServer.create(key, Telemetry.CODEC)
          .transport(network.listener("ingest"))
          .requests(Telemetry.REQUESTS.maxInFlight(1).maxWaiting(0))
          .handle(stations::accept)
          .bindNow();

  private final WebTestClient http =
      WebTestClient.bindToController(new StationController(null, stations))
          .configureClient()
          .responseTimeout(LIMIT)
          .build();

  @AfterEach
  void stop() {
    ingest.disposeNow();
    thread.dispose();
  }

  /** Takes all that it is asked, and answers nothing. */
  private NodeId silentStation() {
    NodeKey station = NodeKey.generate();
    PeerConnection<TelemetryPkt> connection =
        PeerClient.create(station, Telemetry.CODEC)
            .transport(network)
            .remote(network.address("ingest"))
            .connect()
            .block(LIMIT);
    connection.receive().subscribe();
    stations.awaitPeers(1).block(LIMIT);
    return station.id();
  }

  @Test
  void aStationThatIsAskedTooMuchIsToBeAskedAgain() {
    NodeId station = silentStation();
    TelemetryPkt question =
        TelemetryPkt.newBuilder().setGetCurrent(GetCurrent.getDefaultInstance()).build();
    Mono<TelemetryPkt> asked = stations.request(station, question);
    asked.onErrorComplete().subscribe();

    http.get()
        .uri("/stations/{id}/current", station)
        .exchange()
        .expectStatus()
        .isEqualTo(503)
        .expectHeader()
        .valueEquals(HttpHeaders.RETRY_AFTER, "1")
        .expectBody(String.class)
        .value(text -> assertThat(text).contains("have no answer yet"));
  }

  @Test
  void aStationThatIsNotThereIsUnavailable() {
    http.get()
        .uri("/stations/{id}/current", NodeKey.generate().id())
        .exchange()
        .expectStatus()
        .isEqualTo(503)
        .expectHeader()
        .doesNotExist(HttpHeaders.RETRY_AFTER);
  }
}
