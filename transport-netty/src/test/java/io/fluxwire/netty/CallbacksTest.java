package io.fluxwire.netty;

import static io.fluxwire.testing.Thrown.raise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.CloseReason;
import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.access.Authorizer;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.fluxwire.testing.CallbackLog;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Callbacks of clients and servers: each is added, none replaces another, and may throw anything.
 */
class CallbacksTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Queue<String> told = new ConcurrentLinkedQueue<>();
  private DisposablePeerServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.disposeNow(LIMIT);
    }
  }

  private PeerClient<Pkt> client() {
    return PeerClient.create().remote(server.address());
  }

  private void awaitTold(String... all) {
    Flux.interval(Duration.ofMillis(5))
        .takeUntil(tick -> told.size() >= all.length)
        .blockLast(LIMIT);
    assertThat(told).containsExactly(all);
  }

  @Test
  void aClientTellsOfItsConnectionsAndOfTheirEnds() {
    server = PeerServer.create().host("127.0.0.1").bindNow();
    Sinks.One<CloseReason> why = Sinks.one();
    PeerClient<Pkt> client =
        client()
            .doOnConnected(peer -> told.add("connected to " + peer.remoteId()))
            .doOnConnected(peer -> told.add("told again"))
            .doOnDisconnected(peer -> peer.onClose().subscribe(why::tryEmitValue))
            .doOnDisconnected(peer -> told.add("disconnected from " + peer.remoteId()));
    for (Mono<PeerConnection<Pkt>> dial : List.of(client.connect(), client.connections().next())) {
      told.clear();
      PeerConnection<Pkt> peer = dial.doOnNext(emitted -> told.add("emitted")).block(LIMIT);
      assertThat(told).startsWith("connected to " + server.id(), "told again", "emitted");
      peer.close().block(LIMIT);
      awaitTold(
          "connected to " + server.id(),
          "told again",
          "emitted",
          "disconnected from " + server.id());
    }
    assertThat(why.asMono().map(CloseReason::reason).block(LIMIT)).isEqualTo(Reason.CLOSED_LOCALLY);
  }

  @Test
  void aConnectionThatItsSubscriberDropsIsClosedWhoeverIsToldOfItsEnd() {
    server = PeerServer.create().host("127.0.0.1").bindNow();
    Mono<PeerConnection<Pkt>> dial =
        client().doOnDisconnected(peer -> told.add("disconnected")).connect();
    assertThatThrownBy(() -> dial.map(peer -> raise(new IllegalStateException())).block(LIMIT))
        .isInstanceOf(IllegalStateException.class);
    awaitTold("disconnected");
  }

  @Test
  void aDialThatFailsConnectsNobody() {
    DisposablePeerServer gone = PeerServer.create().host("127.0.0.1").bindNow();
    gone.disposeNow();
    Mono<PeerConnection<Pkt>> dial =
        PeerClient.create()
            .remote(gone.address())
            .doOnConnected(peer -> told.add("connected"))
            .doOnDisconnected(peer -> told.add("disconnected"))
            .connect();
    assertThatThrownBy(() -> dial.block(LIMIT)).isInstanceOf(DialException.class);
    assertThat(told).isEmpty();
  }

  @Test
  void aServerTellsOfItsStartItsPeersAndItsEnd() {
    Mono<DisposablePeerServer> bind =
        PeerServer.create()
            .host("127.0.0.1")
            .doOnBound(bound -> told.add("bound at " + bound.port()))
            .doOnBound(bound -> told.add("told again"))
            .doOnConnection(peer -> told.add("connected"))
            .handle(peer -> Mono.fromRunnable(() -> told.add("handled")))
            .doOnConnection(peer -> told.add("told again"))
            .doOnUnbound(unbound -> told.add("unbound " + unbound.isDisposed()))
            .doOnUnbound(unbound -> told.add("told again"))
            .bind();
    server = bind.block(LIMIT);
    assertThat(told).containsExactly("bound at " + server.port(), "told again");
    told.clear();
    client().connectNow().onDispose().block(LIMIT);
    awaitTold("connected", "told again", "handled");
    told.clear();
    server.disposeNow(LIMIT);
    awaitTold("unbound true", "told again");
  }

  @Test
  void aServerTellsWhomItRefusedWhereAndWhy() {
    Queue<HandshakeFailure> refused = new ConcurrentLinkedQueue<>();
    server =
        PeerServer.create()
            .host("127.0.0.1")
            .authorize(Authorizer.allowing(List.of()))
            .doOnHandshakeFailure(failure -> told.add("told first"))
            .doOnHandshakeFailure(refused::add)
            .doOnHandshakeFailure(failure -> told.add("told last"))
            .bindNow();
    assertThatThrownBy(() -> client().connectNow()).hasMessageContaining("is not authorized here");
    awaitTold("told first", "told last");
    HandshakeFailure failure = refused.remove();
    InetSocketAddress from = (InetSocketAddress) failure.remoteAddress();
    assertThat(failure.cause().reason()).isEqualTo(Reason.NOT_AUTHORIZED);
    assertThat(failure)
        .asString()
        .startsWith("127.0.0.1:" + from.getPort() + ": ")
        .contains("is not authorized here");
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void callbacksMayThrowAnything(Throwable thrown) {
    try (CallbackLog log = new CallbackLog()) {
      server =
          PeerServer.create()
              .host("127.0.0.1")
              .doOnBound(bound -> raise(thrown))
              .doOnConnection(peer -> raise(thrown))
              .doOnUnbound(unbound -> raise(thrown))
              .handle(peer -> peer.send(peer.receive()))
              .bindNow();
      PeerConnection<Pkt> peer =
          client()
              .doOnConnected(connected -> raise(thrown))
              .doOnConnected(connected -> told.add("connected"))
              .doOnDisconnected(disconnected -> raise(thrown))
              .doOnDisconnected(disconnected -> told.add("disconnected"))
              .connectNow();
      Mono<Pkt> answer = peer.receive().next().cache();
      answer.subscribe();
      peer.sendOne(Hello.packet()).block(LIMIT);
      assertThat(Hello.is(answer.block(LIMIT))).isTrue();
      peer.close().block(LIMIT);
      awaitTold("connected", "disconnected");
      server.disposeNow(LIMIT);
      Flux.interval(Duration.ofMillis(5))
          .takeUntil(tick -> log.logged().size() >= 5)
          .blockLast(LIMIT);
      assertThat(log.logged()).isEqualTo(Collections.nCopies(5, thrown));
    }
  }
}
