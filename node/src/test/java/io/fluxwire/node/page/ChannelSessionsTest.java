package io.fluxwire.node.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;

import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.page.Monitor.Direction;
import io.fluxwire.node.page.Snapshot.Channel;
import io.fluxwire.node.page.Snapshot.Node;
import io.fluxwire.node.page.Snapshot.Peer;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.time.Duration;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** Channels of real nodes, and the connections that they go over. */
class ChannelSessionsTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final NodeKey key = NodeKey.generate();
  private final Monitor monitor = new Monitor();
  private final DisposablePeerServer server =
      monitor
          .watch(
              PeerServer.create(key)
                  .host("127.0.0.1")
                  .channels(
                      monitor.watch(ChannelSpec.of(MemoryChannelStore.create())),
                      channel -> channel.receiveAuto().then()))
          .bindNow();

  @AfterEach
  void stop() {
    server.disposeNow(LIMIT);
  }

  private PeerClient<Pkt> client() {
    return monitor.watch(
        PeerClient.create().remote("127.0.0.1", server.port()).expect(server.id()));
  }

  private Snapshot await(Predicate<Snapshot> condition) {
    return Flux.interval(Duration.ofMillis(5))
        .onBackpressureDrop()
        .map(tick -> monitor.snapshot(new Node("test", null), null))
        .filter(condition)
        .blockFirst(LIMIT);
  }

  @Test
  void aChannelAndItsConnectionAreShownAtBothEnds() {
    PeerChannel<Pkt> channel =
        client()
            .channel("orders", monitor.watch(ChannelSpec.of(MemoryChannelStore.create())))
            .block(LIMIT);
    channel.sendOne(Hello.packet()).flatMap(channel::acknowledged).block(LIMIT);

    Snapshot up = monitor.snapshot(new Node("test", null), null);
    assertThat(up.channels())
        .extracting(
            Channel::name,
            Channel::direction,
            Channel::attached,
            Channel::connections,
            Channel::stored,
            Channel::received)
        .containsExactlyInAnyOrder(
            tuple("orders", Direction.OUTBOUND, true, 1L, 1L, 0L),
            tuple("orders", Direction.INBOUND, true, 1L, 0L, 1L));
    assertThat(up.peers())
        .extracting(Peer::direction)
        .containsExactlyInAnyOrder(Direction.INBOUND, Direction.OUTBOUND);
    assertThat(up.total().packetsIn()).isEqualTo(1);
    assertThat(up.total().packetsOut()).isEqualTo(1);
    assertThat(up.total().bytesIn()).isPositive().isEqualTo(up.total().bytesOut());
    assertThat(monitor.peers().channels()).hasSize(2);

    channel.close().block(LIMIT);
    Snapshot down = await(shown -> shown.peerCount() == 0 && shown.channelCount() == 1);
    assertThat(down.ended()).isEqualTo(2);
    assertThat(down.channels())
        .extracting(Channel::direction, Channel::attached)
        .containsExactly(tuple(Direction.INBOUND, false));
  }

  @Test
  void connectionsWithoutAChannelAreForTheApplicationToShow() {
    client().connect().flatMap(peer -> peer.close()).block(LIMIT);

    assertThat(monitor.snapshot(new Node("test", null), null).opened()).isZero();
    assertThat(monitor).extracting("channelSessions.sessions").asInstanceOf(MAP).isEmpty();
  }
}
