package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerConnectionDecorator;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

class ServerConnectionsTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final Sinks.One<CloseReason> end = Sinks.one();

  @Test
  void theReportWaitsUntilTheEndsOfSessionsAreTold() {
    MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time, UnpooledByteBufAllocator.DEFAULT);
    PeerConnection<Pkt> peer = establish(duplexes);
    ServerConnections connections = new ServerConnections();
    connections.accepted(duplexes.acceptor());
    connections.authenticated(duplexes.acceptor(), peer);
    assertThat(connections.count()).isEqualTo(1);

    CompletableFuture<ShutdownReport> report = connections.close().toFuture();
    time.advanceTimeBy(Duration.ofMinutes(1));
    assertThat(duplexes.acceptor().onClose().toFuture()).isCompleted();
    assertThat(connections.count()).isZero();
    assertThat(report).isNotDone();

    end.tryEmitValue(CloseReason.of(ConnectionClosedException.byPeer("gone")));
    assertThat(report).isCompleted();
  }

  /** The acceptor's side of a session whose end is told when the test says so. */
  private PeerConnection<Pkt> establish(MemoryDuplex.Pair duplexes) {
    List<PeerConnection<Pkt>> accepted = new ArrayList<>();
    spec().establish(duplexes.acceptor(), Role.ACCEPTOR).subscribe(accepted::add);
    spec()
        .establish(duplexes.dialer(), Role.DIALER)
        .flatMapMany(PeerConnection::receive)
        .onErrorComplete()
        .subscribe();
    time.advanceTime();
    return new PeerConnectionDecorator<>(accepted.get(0)) {
      @Override
      public Mono<CloseReason> onClose() {
        return end.asMono();
      }
    };
  }

  private SessionSpec<Pkt> spec() {
    return SessionSpec.of(NodeKey.generate()).curveScheduler(time);
  }
}
