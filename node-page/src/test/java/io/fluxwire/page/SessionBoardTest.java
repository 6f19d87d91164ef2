package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;

import io.fluxwire.PeerConnection;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.Hello;
import io.fluxwire.page.NodeMonitor.PeerList;
import io.fluxwire.page.Snapshot.Channel;
import io.fluxwire.page.Snapshot.Direction;
import io.fluxwire.page.Snapshot.Peer;
import io.fluxwire.proto.Pkt;
import java.time.Duration;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Channels of real nodes, and the connections that they go over. */
class SessionBoardTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final NodeKey key = NodeKey.generate();
  private final NodeMonitor monitor = new NodeMonitor();
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

  private PeerList await(Predicate<PeerList> condition) {
    return Flux.interval(Duration.ofMillis(5))
        .onBackpressureDrop()
        .map(tick -> monitor.peers())
        .filter(condition)
        .blockFirst(LIMIT);
  }

  private static Traffic.Counts total(PeerList list) {
    return list.peers().stream()
        .map(Peer::traffic)
        .reduce(
            Traffic.Counts.NONE,
            (one, other) ->
                new Traffic.Counts(
                    one.bytesIn() + other.bytesIn(),
                    one.bytesOut() + other.bytesOut(),
                    one.packetsIn() + other.packetsIn(),
                    one.packetsOut() + other.packetsOut()));
  }

  @Test
  void aChannelAndItsConnectionAreShownAtBothEnds() {
    PeerChannel<Pkt> channel =
        client()
            .channel("orders", monitor.watch(ChannelSpec.of(MemoryChannelStore.create())))
            .block(LIMIT);
    channel.sendOne(Hello.packet()).flatMap(channel::acknowledged).block(LIMIT);

    PeerList up = monitor.peers();
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
    Traffic.Counts total = total(up);
    assertThat(total.packetsIn()).isEqualTo(1);
    assertThat(total.packetsOut()).isEqualTo(1);
    assertThat(total.bytesIn()).isPositive().isEqualTo(total.bytesOut());

    channel.close().block(LIMIT);
    PeerList down = await(shown -> shown.count() == 0 && shown.channelCount() == 1);
    assertThat(down.recent()).hasSize(2);
    assertThat(down.channels())
        .extracting(Channel::direction, Channel::attached)
        .containsExactly(tuple(Direction.INBOUND, false));
  }

  @Test
  void connectionsWithoutAChannelAreShownUntilTheyEnd() {
    PeerConnection<Pkt> peer = client().connect().block(LIMIT);
    peer.sendOne(Hello.packet()).block(LIMIT);
    PeerList up = await(shown -> total(shown).packetsIn() == 1);
    assertThat(up.peers())
        .extracting(Peer::direction)
        .containsExactlyInAnyOrder(Direction.INBOUND, Direction.OUTBOUND);
    assertThat(total(up).packetsOut()).isEqualTo(1);

    peer.close().block(LIMIT);
    await(shown -> shown.recent().size() == 2 && shown.count() == 0);
    assertThat(monitor).extracting("sessions.sessions").asInstanceOf(MAP).isEmpty();
    assertThat(monitor).extracting("sessions.rows").asInstanceOf(MAP).isEmpty();
  }

  @Test
  void aConnectionThatAHandlerHasIsShownAlready() {
    Sinks.One<Integer> shown = Sinks.one();
    DisposablePeerServer other =
        monitor
            .watch(
                PeerServer.create(NodeKey.generate())
                    .host("127.0.0.1")
                    .handle(
                        peer -> {
                          monitor.ping(peer);
                          shown.tryEmitValue(monitor.peers().peers().size());
                          return peer.receive().then();
                        }))
            .bindNow();
    try {
      PeerConnection<Pkt> peer =
          PeerClient.create().remote("127.0.0.1", other.port()).connect().block(LIMIT);
      // Or it does not see the ping.
      peer.receive().subscribe();
      assertThat(shown.asMono().block(LIMIT)).isEqualTo(1);
      assertThat(monitor.peerRows(View.FIRST).rows()).hasSize(1);
      assertThat(await(seen -> seen.peers().get(0).roundTrip() != null).peers()).hasSize(1);
      peer.close().block(LIMIT);
    } finally {
      other.disposeNow(LIMIT);
    }
  }
}
