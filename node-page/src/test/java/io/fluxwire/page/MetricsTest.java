package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.access.Authorizer;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.FaultProxy;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** What {@code /metrics} says is what the test sent, dropped and refused. */
class MetricsTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final NodeKey friend = NodeKey.generate();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final NodeMonitor monitor = new NodeMonitor(registry);
  private final Sinks.Many<Integer> received = Sinks.many().replay().all();
  private final Sinks.Many<String> endings = Sinks.many().replay().all();
  private DisposablePeerServer server;
  private FaultProxy proxy;
  private DisposableNodePage page;

  @BeforeEach
  void start() {
    server =
        monitor
            .watch(
                PeerServer.create(PacketCodec.raw())
                    .host("127.0.0.1")
                    .authorize(Authorizer.allowing(List.of(friend.id())))
                    .handle(
                        peer -> {
                          peer.onClose().subscribe(reason -> say(reason.reason().name()));
                          return peer.receive()
                              .doOnNext(
                                  packet ->
                                      received.emitNext(
                                          packet.readableBytes(),
                                          Sinks.EmitFailureHandler.busyLooping(LIMIT)))
                              .then();
                        })
                    .doOnHandshakeFailure(failure -> say(failure.cause().reason().name())))
            .bindNow();
    proxy =
        FaultProxy.startNow(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    page = NodePage.of(monitor).id(server.id()).metrics(registry::scrape).bindNow("127.0.0.1", 0);
  }

  @AfterEach
  void stop() {
    page.dispose();
    proxy.dispose();
    server.disposeNow(LIMIT);
  }

  private void say(String ending) {
    endings.emitNext(ending, Sinks.EmitFailureHandler.busyLooping(LIMIT));
  }

  private PeerConnection<ByteBuf> connect(NodeKey key) {
    return PeerClient.create(PacketCodec.raw())
        .remote("127.0.0.1", proxy.address().getPort())
        .nodeKey(key)
        .connect()
        .block(LIMIT);
  }

  private static void send(PeerConnection<ByteBuf> peer, int packets, int size) {
    peer.send(Flux.range(0, packets).map(i -> Unpooled.wrappedBuffer(new byte[size]))).block(LIMIT);
  }

  private String scrape() throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(page.url()).resolve("/metrics")).build(),
            BodyHandlers.ofString())
        .body();
  }

  @Test
  void exactCountsUnderTrafficAndFaults() throws Exception {
    PeerConnection<ByteBuf> orderly = connect(friend);
    send(orderly, 100, 1_000);
    orderly.close().block(LIMIT);

    PeerConnection<ByteBuf> dropped = connect(friend);
    send(dropped, 5, 500);
    received.asFlux().take(105).blockLast(LIMIT);
    proxy.reset();
    dropped.onClose().block(LIMIT);

    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> connect(NodeKey.generate())).isInstanceOf(DialException.class);
    }
    List<String> ended = endings.asFlux().take(5).collectList().block(LIMIT);
    assertThat(ended)
        .containsExactlyInAnyOrder(
            "CLOSED_BY_PEER",
            "CONNECTION_LOST",
            "NOT_AUTHORIZED",
            "NOT_AUTHORIZED",
            "NOT_AUTHORIZED");

    assertThat(scrape().lines())
        .contains(
            "fluxwire_packets_total{flow=\"in\"} 105.0",
            "fluxwire_bytes_total{flow=\"in\",layer=\"payload\"} 102500.0",
            "fluxwire_authorizer_refusals_total 3.0")
        .contains(
            "fluxwire_connections_closed_total{direction=\"inbound\",reason=\"closed_by_peer\"} 1.0",
            "fluxwire_connections_closed_total{direction=\"inbound\",reason=\"connection_lost\"} 1.0",
            "fluxwire_handshakes_refused_total{reason=\"not_authorized\"} 3.0")
        .anyMatch(
            line ->
                line.matches(
                    "fluxwire_connections_opened_total\\{.*direction=\"inbound\".*} 2\\.0"))
        .allMatch(
            line -> !line.startsWith("fluxwire_connections_active{") || line.endsWith(" 0.0"));
  }
}
