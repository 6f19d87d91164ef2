package io.fluxwire.netty;

import static io.fluxwire.testing.Thrown.raise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/**
 * What is handed over has an owner at all times: connections that are made, servers that listen.
 */
class HandOverTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int RACES = Integer.getInteger("fluxwire.handover.races", 200);

  private DisposablePeerServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.disposeNow(LIMIT);
    }
  }

  private PeerClient<Pkt> client(PeerServer<Pkt> listening) {
    server = listening.host("127.0.0.1").limits(limits -> InboundLimits.none()).bindNow();
    return PeerClient.create().remote(server.address());
  }

  /** Emits once no more than so many peers are connected. */
  private void awaitPeers(int count) {
    Flux.interval(Duration.ofMillis(10))
        .takeUntil(tick -> server.peerCount() <= count)
        .blockLast(LIMIT);
  }

  @Test
  void aTimeoutThatRacesWithItsConnectionLeavesNone() {
    PeerClient<Pkt> client = client(PeerServer.create());
    List<Long> nanos = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      long start = System.nanoTime();
      client.connect().block(LIMIT).close().block(LIMIT);
      nanos.add(System.nanoTime() - start);
    }
    long usual = nanos.stream().sorted().skip(nanos.size() / 2).findFirst().orElseThrow();
    List<PeerConnection<Pkt>> won = new ArrayList<>();
    for (int i = 0; i < RACES; i++) {
      Duration limit = Duration.ofNanos(usual / 2 + usual * i / RACES);
      client.connect().timeout(limit).onErrorComplete().blockOptional(LIMIT).ifPresent(won::add);
    }
    won.forEach(PeerConnection::dispose);
    awaitPeers(0);
  }

  @Test
  void aListenerThatCancelsOnceItIsConnectedLeavesNone() {
    Disposable.Swap dial = Disposables.swap();
    AtomicInteger cancelled = new AtomicInteger();
    List<PeerConnection<Pkt>> emitted = new ArrayList<>();
    PeerClient<Pkt> client =
        client(PeerServer.create())
            .doOnDial(
                event -> {
                  if (event instanceof DialEvent.Connected) {
                    dial.dispose();
                    cancelled.incrementAndGet();
                  }
                });
    dial.update(client.connect().subscribe(emitted::add));
    Flux.interval(Duration.ofMillis(10)).takeUntil(tick -> cancelled.get() == 1).blockLast(LIMIT);
    awaitPeers(0);
    assertThat(emitted).isEmpty();
  }

  @Test
  void aConnectionThatAnOperatorDroppedIsClosedAndOneThatIsUsedStays() {
    PeerClient<Pkt> client = client(PeerServer.create());
    PeerConnection<Pkt> used = client.connect().flux().next().block(LIMIT);
    assertThatThrownBy(
            () -> client.connect().map(peer -> raise(new IllegalStateException())).block(LIMIT))
        .isInstanceOf(IllegalStateException.class);
    used.send(Mono.just(Hello.packet())).block(LIMIT);
    awaitPeers(1);
    assertThat(used.isDisposed()).isFalse();
    used.close().block(LIMIT);
  }

  /** As {@link PeerClient} shows it. */
  @Test
  void theExampleOfTheClientDeliversAllPackets() {
    AtomicInteger arrived = new AtomicInteger();
    PeerClient<Pkt> client =
        client(
            PeerServer.create()
                .handle(peer -> peer.receive().doOnNext(p -> arrived.incrementAndGet()).then()));
    Flux<Pkt> packets = Flux.range(0, 1_000).map(i -> Hello.packet());
    client.connect().flatMap(peer -> peer.send(packets).then(peer.close())).block(LIMIT);
    server.disposeNow(LIMIT);
    assertThat(arrived).hasValue(1_000);
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static void isFree(int port) {
    assertThatCode(
            () -> PeerServer.create().host("127.0.0.1").port(port).bindNow().disposeNow(LIMIT))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aStartThatThrowsLeavesNothingBound(Throwable thrown) throws Exception {
    int port = freePort();
    PeerServer<Pkt> there = PeerServer.create().host("127.0.0.1").port(port);
    NodeIdentity nameless =
        new NodeIdentity() {
          @Override
          public NodeId id() {
            return raise(thrown);
          }

          @Override
          public Mono<byte[]> sign(byte[] hash) {
            return Mono.empty();
          }
        };
    for (PeerServer<Pkt> broken :
        List.of(there.nodeKey(nameless), there.tcp(tcp -> raise(thrown)))) {
      assertThatThrownBy(() -> broken.bind().block(LIMIT));
      isFree(port);
    }
    for (PeerServer<Pkt> broken :
        List.of(
            there.tcp(tcp -> tcp.doOnBind(config -> raise(thrown))),
            there.tcp(tcp -> tcp.doOnBound(listener -> raise(thrown))))) {
      // Which of them it survives is Reactor Netty's.
      try {
        broken.bind().block(LIMIT).disposeNow(LIMIT);
      } catch (Throwable e) {
        assertThat(e)
            .satisfiesAnyOf(
                e1 -> assertThat(e1).isSameAs(thrown), e1 -> assertThat(e1).hasCause(thrown));
      }
      isFree(port);
    }
  }

  @Test
  void aStartThatIsGivenUpLeavesNothingBound() throws Exception {
    int port = freePort();
    LoopResources loops = LoopResources.create("held", 1, true);
    try {
      AtomicBoolean held = new AtomicBoolean(true);
      loops
          .onServerSelect(true)
          .execute(
              () -> {
                while (held.get()) {
                  // An event loop may not wait, not even here.
                }
              });
      PeerServer<Pkt> there =
          PeerServer.create().host("127.0.0.1").port(port).tcp(tcp -> tcp.runOn(loops));
      Thread.currentThread().interrupt();
      assertThatThrownBy(there::bindNow);
      assertThat(Thread.interrupted()).isTrue();
      held.set(false);
      // Behind all that the start has put there.
      for (int i = 0; i < 10; i++) {
        loops.onServerSelect(true).submit(() -> {}).get();
      }
      Flux.interval(Duration.ofMillis(10)).takeUntil(tick -> isUnbound(port)).blockLast(LIMIT);
    } finally {
      loops.disposeLater().block(LIMIT);
    }
  }

  private static boolean isUnbound(int port) {
    try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return probe.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
