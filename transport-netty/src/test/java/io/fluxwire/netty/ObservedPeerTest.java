package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.CloseReason;
import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.access.Authorizer;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.packet.PacketCodec;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the meters say of real connections is what the test did. */
class ObservedPeerTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final MeterRegistry servers = new SimpleMeterRegistry();
  private final MeterRegistry clients = new SimpleMeterRegistry();
  private DisposablePeerServer server = listen(Authorizer.anyone());

  private DisposablePeerServer listen(Authorizer authorizer) {
    return PeerServer.create(PacketCodec.raw())
        .host("127.0.0.1")
        .authorize(authorizer)
        .meterRegistry(servers)
        .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain)))
        .bindNow();
  }

  private PeerClient<ByteBuf> client() {
    return PeerClient.create(PacketCodec.raw())
        .remote("127.0.0.1", server.port())
        .meterRegistry(clients);
  }

  @AfterEach
  void stop() {
    server.disposeNow(LIMIT);
  }

  private static double value(MeterRegistry registry, String name, String... tags) {
    return registry.find("fluxwire." + name).tags(tags).meters().stream()
        .mapToDouble(meter -> meter.measure().iterator().next().getValue())
        .sum();
  }

  /** Writes down which connections it is told of, and what. */
  private static final class Told implements SessionListener {

    final List<String> events = new CopyOnWriteArrayList<>();
    final AtomicLong sent = new AtomicLong();
    final CountDownLatch closed = new CountDownLatch(1);

    @Override
    public void onEstablished(SessionInfo session) {
      events.add(session.direction() + " with " + session.remoteId());
    }

    @Override
    public void onClosed(SessionInfo session, CloseReason reason) {
      events.add(session.direction() + " closed: " + reason.reason());
      closed.countDown();
    }

    @Override
    public TrafficListener traffic(SessionInfo session) {
      return new TrafficListener() {
        @Override
        public void onPacketSent(int bytes) {
          sent.addAndGet(bytes);
        }
      };
    }
  }

  @Test
  void allListenersOfAClientAndAServerAreTold() throws InterruptedException {
    server.disposeNow(LIMIT);
    Told accepting = new Told();
    server =
        PeerServer.create(PacketCodec.raw())
            .host("127.0.0.1")
            .observe(accepting)
            .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain)))
            .bindNow();
    NodeKey key = NodeKey.generate();
    Told first = new Told();
    Told second = new Told();
    PeerConnection<ByteBuf> peer =
        client().nodeKey(key).observe(first).observe(second).connect().block(LIMIT);
    Mono<Long> echoed = peer.receive().take(10).count();
    echoed
        .and(peer.send(Flux.range(0, 10).map(i -> Unpooled.wrappedBuffer(new byte[100]))))
        .block(LIMIT);
    peer.close().block(LIMIT);
    server.disposeNow(LIMIT);

    assertThat(first.events)
        .containsExactly("OUTBOUND with " + server.id(), "OUTBOUND closed: CLOSED_LOCALLY")
        .isEqualTo(second.events);
    // The server's report may come first.
    assertThat(accepting.closed.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(accepting.events)
        .containsExactly("INBOUND with " + key.id(), "INBOUND closed: CLOSED_BY_PEER");
    assertThat(List.of(first.sent.get(), second.sent.get(), accepting.sent.get()))
        .containsOnly(1_000L);
    assertThat(value(clients, "connections.opened")).as("meters stay").isEqualTo(1);
  }

  @Test
  void connectionsAndTrafficAreCounted() {
    PeerConnection<ByteBuf> peer = client().connect().block(LIMIT);
    Flux<ByteBuf> packets = Flux.range(0, 1_000).map(i -> Unpooled.wrappedBuffer(new byte[1_000]));
    Mono<Long> echoed = peer.receive().take(1_000).count();
    Mono.when(echoed, peer.send(packets)).block(LIMIT);
    peer.close().block(LIMIT);
    server.disposeNow(LIMIT);

    for (MeterRegistry registry : List.of(clients, servers)) {
      for (String flow : List.of("in", "out")) {
        assertThat(value(registry, "packets", "flow", flow)).isEqualTo(1_000);
        assertThat(value(registry, "bytes", "flow", flow, "layer", "payload")).isEqualTo(1_000_000);
      }
    }
    assertThat(value(clients, "bytes", "flow", "out", "layer", "wire"))
        .isEqualTo(value(servers, "bytes", "flow", "in", "layer", "wire"))
        .isGreaterThan(1_000 * 1_003);
    assertThat(value(clients, "connections.closed", "reason", "closed_locally")).isEqualTo(1);
    assertThat(value(servers, "connections.closed", "reason", "closed_by_peer")).isEqualTo(1);
    assertThat(value(servers, "connections.active")).isZero();
    assertThat(value(clients, "write.queue")).isZero();
  }

  @Test
  void aDialIsTimedByStageAndCountedByFamily() {
    client().connect().block(LIMIT).close().block(LIMIT);

    for (String stage : List.of("connect", "handshake")) {
      assertThat(
              value(clients, "dial.time", "stage", stage, "outcome", "success", "family", "ipv4"))
          .as(stage)
          .isEqualTo(1);
    }
    assertThat(value(clients, "dial.time", "stage", "resolve", "outcome", "success")).isEqualTo(1);
    assertThat(value(clients, "dial.attempts", "outcome", "success", "family", "ipv4"))
        .isEqualTo(1);
    assertThat(value(clients, "dial.race.won", "family", "ipv4")).isEqualTo(1);
  }

  @Test
  void aPortThatRefusesFailsAtConnecting() throws Exception {
    try (Socket bound = new Socket()) {
      bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      Throwable failure =
          catchThrowable(
              () ->
                  PeerClient.create()
                      .remote((InetSocketAddress) bound.getLocalSocketAddress())
                      .meterRegistry(clients)
                      .connect()
                      .block(LIMIT));
      assertThat(failure).isInstanceOf(DialException.class);
    }
    assertThat(value(clients, "dial.time", "stage", "connect", "outcome", "failure")).isEqualTo(1);
    assertThat(value(clients, "dial.time", "stage", "handshake")).isZero();
    assertThat(value(clients, "dial.attempts", "outcome", "failure")).isEqualTo(1);
    assertThat(value(clients, "handshake.time")).isZero();
  }

  @Test
  void whoIsNotAuthorizedIsCountedForEachAttempt() {
    server.disposeNow(LIMIT);
    server = listen(Authorizer.allowing(List.of()));
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> client().connect().block(LIMIT))
          .isInstanceOf(DialException.class)
          .hasMessageContaining("is not authorized here");
    }
    assertThat(value(servers, "authorizer.refusals")).isEqualTo(3);
    assertThat(value(servers, "handshakes.refused", "reason", "not_authorized")).isEqualTo(3);
    assertThat(value(servers, "connections.opened")).isZero();
    assertThat(value(clients, "dial.attempts", "outcome", "failure")).isEqualTo(3);
  }

  @Test
  void aReconnectIsTimed() {
    client()
        .reconnect(spec -> spec.backoff(Duration.ofMillis(1), Duration.ofMillis(2)))
        .connections()
        .concatMap(
            peer -> {
              peer.dispose();
              return peer.onClose();
            },
            0)
        .take(3)
        .blockLast(LIMIT);
    assertThat(value(clients, "reconnect.time")).isEqualTo(2);
    assertThat(value(clients, "connections.opened")).isEqualTo(3);
    assertThat(value(clients, "reconnect.waiting")).isZero();
  }
}
