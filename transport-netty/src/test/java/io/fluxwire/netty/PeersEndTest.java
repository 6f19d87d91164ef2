package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.proto.Pkt;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/** The end of a peer is seen where nobody reads, with epoll and without. */
@Tag("slow")
class PeersEndTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final LoopResources loops = LoopResources.create("peers-end", 2, true);
  private final AtomicInteger served = new AtomicInteger();
  private final DisposablePeerServer server =
      PeerServer.create()
          .host("127.0.0.1")
          .handle(
              peer -> {
                served.incrementAndGet();
                return peer.send(Flux.range(0, 10).map(i -> Pkt.getDefaultInstance()));
              })
          .bindNow();

  @AfterEach
  void stop() {
    server.disposeNow(LIMIT);
    loops.disposeLater().block(LIMIT);
  }

  private PeerClient<Pkt> client(boolean epoll) {
    return PeerClient.create()
        .remote(server.address())
        .expect(server.id())
        .timeouts(timeouts -> timeouts.drain(Duration.ofMillis(50)))
        .reconnect(spec -> spec.backoff(Duration.ofMillis(1), Duration.ofMillis(5)))
        .tcp(tcp -> tcp.runOn(loops, epoll));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPublisherWhoseReaderWantedOnePacketDialsAgain(boolean epoll) {
    assertThat(
            client(epoll)
                .connections()
                .concatMap(
                    peer -> peer.receive().next().then(peer.onClose()).thenReturn(peer.remoteId()),
                    0)
                .take(3)
                .collectList()
                .block(LIMIT))
        .hasSize(3);
    assertThat(served).hasValueGreaterThanOrEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPublisherWhoseConnectionsNobodyReadsDialsAgain(boolean epoll) {
    assertThat(
            client(epoll)
                .connections()
                .concatMap(PeerConnection::onClose, 0)
                .take(3)
                .collectList()
                .block(LIMIT))
        .hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLinkThatOnlySendsFindsTheNextConnection(boolean epoll) {
    PeerLink<Pkt> link = client(epoll).link();
    PeerConnection<Pkt> first = Objects.requireNonNull(link.connection().block(LIMIT));
    first.onClose().block(LIMIT);
    PeerConnection<Pkt> second = Objects.requireNonNull(link.connection().block(LIMIT));
    assertThat(second).isNotSameAs(first);
    link.dispose();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aServersHandlerThatNeverReadsLosesItsPeer(boolean epoll) {
    DisposablePeerServer idle =
        PeerServer.create()
            .host("127.0.0.1")
            .timeouts(timeouts -> timeouts.drain(Duration.ofMillis(50)))
            .tcp(tcp -> tcp.runOn(loops, epoll))
            .handle(peer -> Mono.never())
            .bindNow();
    PeerConnection<Pkt> peer =
        Objects.requireNonNull(PeerClient.create().remote(idle.address()).connect().block(LIMIT));
    peer.send(Mono.just(Pkt.getDefaultInstance())).block(LIMIT);
    peer.close().block(LIMIT);
    Flux.interval(Duration.ofMillis(5)).takeUntil(i -> idle.peerCount() == 0).blockLast(LIMIT);
    assertThat(idle.peerCount()).isZero();
    idle.disposeNow(LIMIT);
  }
}
