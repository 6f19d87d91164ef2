package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import io.micrometer.tracing.otel.bridge.OtelCurrentTraceContext;
import io.micrometer.tracing.otel.bridge.OtelTracer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/** Spans, by Micrometer's bridge to OpenTelemetry. */
class TracesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Tracing clients = new Tracing();
  private final Tracing servers = new Tracing();
  private final DisposablePeerServer server =
      PeerServer.create().host("127.0.0.1").observationRegistry(servers.registry).bindNow();

  /** A tracer that keeps what it is told. */
  private static final class Tracing {
    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final ObservationRegistry registry = ObservationRegistry.create();

    Tracing() {
      SdkTracerProvider provider =
          SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();
      OtelTracer tracer =
          new OtelTracer(provider.get("test"), new OtelCurrentTraceContext(), event -> {});
      registry.observationConfig().observationHandler(new DefaultTracingObservationHandler(tracer));
      // Loads the tracer's classes here: a handshake would do it on an event loop, where it blocks.
      Observation.start("first", registry).stop();
      spans.reset();
    }

    SpanData span(String name) {
      assertThat(spans.getFinishedSpanItems()).extracting(SpanData::getName).containsOnlyOnce(name);
      return spans.getFinishedSpanItems().stream()
          .filter(span -> span.getName().equals(name))
          .findFirst()
          .orElseThrow();
    }
  }

  @AfterEach
  void stop() {
    server.disposeNow(LIMIT);
  }

  private PeerClient<Pkt> client() {
    return PeerClient.create().observationRegistry(clients.registry);
  }

  private static String key(SpanData span, String name) {
    return span.getAttributes().get(AttributeKey.stringKey(name));
  }

  @Test
  void aConnectionIsADialAHandshakeAndASession() {
    Observation request = Observation.start("request", clients.registry);
    NodeKey key = NodeKey.generate();
    PeerConnection<Pkt> peer =
        client()
            .nodeKey(key)
            .remote("127.0.0.1", server.port())
            .connect()
            .contextWrite(Context.of("micrometer.observation", request))
            .block(LIMIT);
    peer.close().block(LIMIT);
    server.disposeNow(LIMIT);
    request.stop();

    SpanData dial = clients.span("fluxwire dial");
    SpanData handshake = clients.span("fluxwire handshake");
    SpanData session = clients.span("fluxwire session");
    assertThat(dial.getParentSpanId()).isEqualTo(clients.span("request").getSpanId());
    assertThat(handshake.getParentSpanId()).isEqualTo(dial.getSpanId());
    assertThat(session.getParentSpanId()).isEqualTo(dial.getSpanId());
    assertThat(dial.getEvents())
        .extracting(EventData::getName)
        .satisfiesExactly(
            resolved -> assertThat(resolved).contains("resolved to"),
            attempt -> assertThat(attempt).contains("attempt 1 at 127.0.0.1:" + server.port()),
            connected -> assertThat(connected).contains("connected to " + server.id()));
    assertThat(handshake.getEvents())
        .extracting(EventData::getName)
        .containsExactly("exchange", "agreement", "authenticate");
    assertThat(List.of(dial, handshake, session))
        .allSatisfy(
            span -> {
              assertThat(key(span, "fluxwire.peer.id")).isEqualTo(server.id().toString());
              assertThat(key(span, "fluxwire.peer.address")).contains(":" + server.port());
              assertThat(span.getStatus().getStatusCode()).isNotEqualTo(StatusCode.ERROR);
            });
    assertThat(key(session, "fluxwire.reason")).isEqualTo("closed_locally");
    assertThat(key(session, "direction")).isEqualTo("outbound");
    assertThat(key(session, "fluxwire.connection.id"))
        .isEqualTo(key(handshake, "fluxwire.connection.id"))
        .hasSize(8);

    SpanData accepted = servers.span("fluxwire session");
    assertThat(accepted.getParentSpanContext().isValid()).isFalse();
    assertThat(key(accepted, "fluxwire.peer.id")).isEqualTo(key.id().toString());
    assertThat(key(accepted, "fluxwire.reason")).isEqualTo("closed_by_peer");
  }

  @Test
  void whatAHandlerDoesBelongsToItsSession() {
    server.disposeNow(LIMIT);
    DisposablePeerServer answering =
        PeerServer.create(PacketCodec.raw())
            .host("127.0.0.1")
            .observationRegistry(servers.registry)
            .handle(
                peer ->
                    child("handle")
                        .then(
                            peer.send(
                                peer.receive()
                                    .map(ByteBuf::retain)
                                    .concatMap(p -> child("answer").thenReturn(p), 0))))
            .bindNow();
    PeerConnection<ByteBuf> peer =
        PeerClient.create(PacketCodec.raw())
            .remote("127.0.0.1", answering.port())
            .connect()
            .block(LIMIT);
    peer.send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(new byte[100]))).block(LIMIT);
    assertThat(peer.receive().map(ByteBuf::readableBytes).blockFirst(LIMIT)).isEqualTo(100);
    peer.close().block(LIMIT);
    answering.disposeNow(LIMIT);

    SpanData session = servers.span("fluxwire session");
    for (String work : List.of("handle", "answer")) {
      assertThat(servers.span(work).getParentSpanId()).as(work).isEqualTo(session.getSpanId());
      assertThat(servers.span(work).getTraceId()).as(work).isEqualTo(session.getTraceId());
    }
  }

  /** An observation that starts and ends, whose parent is what the Reactor context says. */
  private Mono<Void> child(String name) {
    return Mono.deferContextual(
        context -> {
          Observation parent = context.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
          Observation.createNotStarted(name, servers.registry)
              .parentObservation(parent)
              .start()
              .stop();
          return Mono.empty();
        });
  }

  @Test
  void aDialThatFailsSaysWhyInItsSpans() {
    Throwable failure =
        catchThrowable(
            () ->
                client()
                    .remote("127.0.0.1", server.port())
                    .expect(NodeKey.generate().id())
                    .connect()
                    .block(LIMIT));
    assertThat(failure).isInstanceOf(DialException.class);

    SpanData dial = clients.span("fluxwire dial");
    SpanData handshake = clients.span("fluxwire handshake");
    assertThat(List.of(dial, handshake))
        .allSatisfy(
            span -> {
              assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
              assertThat(key(span, "fluxwire.reason")).isEqualTo("node_id_unexpected");
            });
    assertThat(dial.getParentSpanContext().isValid()).isFalse();
    assertThat(dial.getEvents())
        .extracting(EventData::getName)
        .anyMatch(event -> event.contains("failed: expected node"));
    assertThat(clients.spans.getFinishedSpanItems()).hasSize(2);
  }
}
