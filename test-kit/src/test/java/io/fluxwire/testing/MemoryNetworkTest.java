package io.fluxwire.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnectException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.fluxwire.transport.ByteDuplex;
import io.fluxwire.transport.Listener;
import java.net.BindException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

class MemoryNetworkTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Scheduler thread = Schedulers.newSingle("network");
  private final MemoryNetwork network = MemoryNetwork.create(thread);

  @AfterEach
  void stop() {
    thread.disposeGracefully().block(LIMIT);
  }

  @Test
  void aClientAndAServerTalkWithoutASocket() {
    try (DisposablePeerServer server =
        PeerServer.create()
            .transport(network.listener("alice"))
            .handle(peer -> peer.send(peer.receive()))
            .bindNow()) {
      assertThat(server).asString().contains("at memory:alice");
      PeerClient<Pkt> client =
          PeerClient.create().transport(network).remote(server.address()).expect(server.id());
      PeerConnection<Pkt> peer = client.connect().block(LIMIT);
      assertThat(peer.sendOne(Hello.packet()).then(peer.receive().next()).block(LIMIT))
          .matches(Hello::is);
      server.dispose();
      assertThat(peer.onClose().map(CloseReason::reason).block(LIMIT))
          .isEqualTo(Reason.CLOSED_BY_PEER);
      server.onDispose().block(LIMIT);
      assertThatThrownBy(() -> client.connect().block(LIMIT))
          .hasMessageContaining("nobody listens there");
    }
  }

  @Test
  void aNameIsTakenAsLongAsSomebodyListensThere() {
    Listener.Bound first = network.listener("alice").bind(accepted -> {}).block(LIMIT);

    assertThatThrownBy(() -> network.listener("alice").bind(accepted -> {}).block(LIMIT))
        .hasCauseInstanceOf(BindException.class)
        .hasMessageContaining("memory:alice is in use");
    first.dispose();
    first.onDispose().block(LIMIT);
    assertThat(first.isDisposed()).isTrue();
    Listener.Bound second = network.listener("alice").bind(accepted -> {}).block(LIMIT);
    first.dispose();
    assertThat(second.isDisposed()).as("by the end of the first").isFalse();
    assertThatThrownBy(() -> network.connect(network.address("bob")).block(LIMIT))
        .isInstanceOf(PeerConnectException.class);
  }

  @Test
  void whatIsCancelledConnectsNobody() {
    List<Listener.Accepted> accepted = new CopyOnWriteArrayList<>();
    List<ByteDuplex> dialled = new CopyOnWriteArrayList<>();
    network.listener("alice").bind(accepted::add).block(LIMIT);
    Mono<ByteDuplex> connect = network.connect(network.address("alice"));
    // On the thread that would connect it, so that it has not begun.
    thread.schedule(() -> connect.subscribe(dialled::add).dispose());
    awaitTurn();
    connect.subscribe(dialled::add);
    awaitTurn();

    assertThat(accepted).hasSize(1);
    assertThat(dialled).hasSize(1);
    accepted.get(0).dispose();
    awaitTurn();
    assertThat(dialled.get(0).isDisposed()).isTrue();
  }

  private void awaitTurn() {
    Mono.fromRunnable(() -> {}).subscribeOn(thread).block(LIMIT);
    Mono.fromRunnable(() -> {}).subscribeOn(thread).block(LIMIT);
  }
}
