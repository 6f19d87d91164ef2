package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.ChannelException;
import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.access.AccessList;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelObserver;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.Delivery;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.packet.PacketCodec;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Channels between two nodes over sockets. */
class ChannelTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final NodeKey serverKey = NodeKey.generate();
  private final NodeKey clientKey = NodeKey.generate();
  private final MemoryChannelStore serversStore = MemoryChannelStore.create();
  private final MemoryChannelStore clientsStore = MemoryChannelStore.create();
  private final Sinks.Many<Delivery<ByteBuf>> delivered = Sinks.many().replay().all();
  private final List<PeerChannel<ByteBuf>> accepted = new CopyOnWriteArrayList<>();
  private DisposablePeerServer server = serve(0);

  private PeerServer<ByteBuf> server() {
    return PeerServer.create(serverKey, PacketCodec.raw()).host("127.0.0.1");
  }

  private DisposablePeerServer serve(int port) {
    return server().port(port).channels(ChannelSpec.of(serversStore), this::handle).bindNow();
  }

  private Mono<Void> handle(PeerChannel<ByteBuf> channel) {
    accepted.add(channel);
    return channel.handle(
        delivery -> {
          delivered.tryEmitNext(delivery);
          return channel.sendOne(number(delivery.number()));
        });
  }

  private PeerClient<ByteBuf> client() {
    return PeerClient.create(clientKey, PacketCodec.raw())
        .remote("127.0.0.1", server.port())
        .expect(serverKey.id())
        .reconnect(spec -> spec.backoff(Duration.ofMillis(10), Duration.ofMillis(100)));
  }

  private PeerChannel<ByteBuf> channel(ChannelSpec spec) {
    return client().channel("orders", spec).block(LIMIT);
  }

  private static ByteBuf number(long value) {
    return Unpooled.buffer(16).writeLong(value).writeZero(8);
  }

  private static Flux<ByteBuf> numbers(int from, int to) {
    return Flux.range(from, to - from).map(ChannelTest::number);
  }

  @AfterEach
  void stop() {
    server.disposeNow();
  }

  @Test
  void packetsGoBothWaysAndAreAcknowledged() {
    PeerChannel<ByteBuf> channel = channel(ChannelSpec.of(clientsStore));
    Sinks.Many<Long> answers = Sinks.many().replay().all();
    channel.receiveAuto().subscribe(packet -> answers.tryEmitNext(packet.readLong()));

    Long end = channel.send(numbers(0, 1000)).block(LIMIT);
    channel.acknowledged(end).block(LIMIT);

    assertThat(answers.asFlux().take(1000).collectList().block(LIMIT))
        .containsExactlyElementsOf(Flux.range(0, 1000).map(Integer::longValue).toIterable());
    assertThat(channel.isConnected()).isTrue();
    assertThat(accepted).hasSize(1);
    channel.close().block(LIMIT);
  }

  @Test
  void nothingIsLostOrDoubledWhenConnectionsBreak() {
    List<PeerChannel<ByteBuf>> cut = new CopyOnWriteArrayList<>();
    PeerChannel<ByteBuf> channel = channel(ChannelSpec.of(clientsStore));
    Mono<Long> sent =
        channel.send(
            numbers(0, 3000)
                .concatMap(
                    packet -> {
                      long number = packet.getLong(0);
                      return number % 500 == 499
                          ? server.disconnect(id -> true).thenReturn(packet)
                          : Mono.just(packet);
                    }));
    channel.receiveAuto().subscribe();

    channel.acknowledged(sent.block(LIMIT)).block(LIMIT);

    assertThat(delivered.asFlux().take(3000).collectList().block(LIMIT))
        .map(delivery -> delivery.packet().getLong(0))
        .containsExactlyElementsOf(Flux.range(0, 3000).map(Integer::longValue).toIterable());
    assertThat(accepted).hasSize(1);
    assertThat(cut).isEmpty();
    channel.close().block(LIMIT);
  }

  /** Of a channel's connections, too: that it is there, and that it comes back. */
  @Test
  void aNodeThatIsDeniedKeepsNoConnectionForItsChannel() {
    AccessList friends = AccessList.nobodyBut(List.of(clientKey.id()));
    AtomicInteger letIn = new AtomicInteger();
    SessionListener denying =
        new SessionListener() {
          @Override
          public void onEstablished(SessionInfo session) {
            // The second connection is let in while it is being denied.
            if (letIn.incrementAndGet() == 2) {
              friends.deny(clientKey.id());
            }
          }
        };
    server.disposeNow();
    server =
        server()
            .authorize(friends)
            .observe(denying)
            .channels(ChannelSpec.of(serversStore), this::handle)
            .bindNow();
    Sinks.Many<CloseReason> ends = Sinks.many().replay().all();
    PeerChannel<ByteBuf> channel =
        client()
            .observe(
                new SessionListener() {
                  @Override
                  public void onClosed(SessionInfo session, CloseReason reason) {
                    ends.tryEmitNext(reason);
                  }
                })
            .channel("orders", ChannelSpec.of(clientsStore))
            .block(LIMIT);
    channel.acknowledged(channel.send(numbers(0, 1)).block(LIMIT)).block(LIMIT);

    assertThat(server.disconnect(clientKey.id()::equals).block(LIMIT)).isEqualTo(1);
    ends.asFlux().take(2).blockLast(LIMIT);
    assertThat(friends.isAllowed(clientKey.id())).isFalse();
    channel.close().block(LIMIT);
  }

  @Test
  void aServerThatStartsAgainGoesOnWithItsStore() {
    PeerChannel<ByteBuf> channel = channel(ChannelSpec.of(clientsStore));
    channel.receiveAuto().subscribe();
    channel.acknowledged(channel.send(numbers(0, 10)).block(LIMIT)).block(LIMIT);
    int port = server.port();
    server.disposeNow();
    Long end = channel.send(numbers(10, 20)).block(LIMIT);
    server = serve(port);

    channel.acknowledged(end).block(LIMIT);

    assertThat(delivered.asFlux().take(20).map(Delivery::number).collectList().block(LIMIT))
        .containsExactlyElementsOf(Flux.range(0, 20).map(Integer::longValue).toIterable());
    assertThat(accepted).hasSize(2);
    channel.close().block(LIMIT);
  }

  @Test
  void plainConnectionsGoBesideChannels() {
    server.disposeNow();
    server =
        server()
            .channels(ChannelSpec.of(serversStore), this::handle)
            .handle(peer -> peer.send(peer.receive().map(ByteBuf::copy)))
            .bindNow();
    PeerChannel<ByteBuf> channel = channel(ChannelSpec.of(clientsStore));
    PeerConnection<ByteBuf> connection = client().connect().block(LIMIT);

    assertThat(
            connection
                .sendOne(number(7))
                .then(connection.receive().next().map(ByteBuf::readLong))
                .block(LIMIT))
        .isEqualTo(7);
    assertThat(connection.session().hasChannel()).isFalse();
    channel.acknowledged(channel.sendOne(number(1)).block(LIMIT)).block(LIMIT);
    connection.close().block(LIMIT);
    channel.close().block(LIMIT);
  }

  @Test
  void aPeerWithoutChannelsEndsTheChannel() {
    server.disposeNow();
    server = server().bindNow();
    PeerChannel<ByteBuf> channel = channel(ChannelSpec.of(clientsStore));

    assertThatThrownBy(() -> channel.onClose().block(LIMIT))
        .isInstanceOf(ChannelException.class)
        .extracting(failure -> ((PeerException) failure).reason())
        .isEqualTo(Reason.CHANNEL_UNSUPPORTED);
  }

  @Test
  void aPeerOfVersion3EndsTheChannel() {
    server.disposeNow();
    server = server().upgrade(UpgradePolicy.off()).bindNow();
    PeerChannel<ByteBuf> channel = channel(ChannelSpec.of(clientsStore));

    assertThatThrownBy(() -> channel.onClose().block(LIMIT))
        .isInstanceOf(PeerException.class)
        .hasMessageContaining("upgraded");
  }

  @Test
  void aStoreThatIsLostIsToldOnBothSides() {
    List<ChannelException> told = new CopyOnWriteArrayList<>();
    PeerChannel<ByteBuf> channel = channel(ChannelSpec.of(clientsStore));
    channel.receiveAuto().subscribe();
    channel.acknowledged(channel.send(numbers(0, 3)).block(LIMIT)).block(LIMIT);
    channel.close().block(LIMIT);

    PeerChannel<ByteBuf> other =
        channel(
            ChannelSpec.of(MemoryChannelStore.create())
                .observe(
                    new ChannelObserver() {
                      @Override
                      public void onDisagreement(ChannelKey key, ChannelException failure) {
                        told.add(failure);
                      }
                    }));

    assertThat(other.isNew()).isTrue();
    assertThatThrownBy(() -> other.onClose().block(LIMIT))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("do not fit together");
    assertThat(told).hasSize(1);
    assertThatThrownBy(() -> accepted.get(0).onClose().block(LIMIT))
        .hasMessageContaining("do not fit together");
  }

  @Test
  void bothSidesRecordMetersWithoutFurtherSettings() {
    MeterRegistry dialers = new SimpleMeterRegistry();
    MeterRegistry acceptors = new SimpleMeterRegistry();
    server.disposeNow();
    server =
        server()
            .meterRegistry(acceptors)
            .channels(ChannelSpec.of(serversStore), this::handle)
            .bindNow();
    PeerChannel<ByteBuf> channel =
        client()
            .meterRegistry(dialers)
            .channel("orders", ChannelSpec.of(clientsStore))
            .block(LIMIT);
    channel.acknowledged(channel.send(numbers(0, 10)).block(LIMIT)).block(LIMIT);
    assertThat(dialers.get("fluxwire.channels.open").tag("role", "dialer").gauge().value())
        .isEqualTo(1);
    channel.close().block(LIMIT);
    server.disposeNow();

    assertThat(dialers.get("fluxwire.channel.packets.acknowledged").counter().count())
        .isEqualTo(10);
    assertThat(acceptors.get("fluxwire.channel.packets.delivered").counter().count()).isEqualTo(10);
    for (MeterRegistry registry : List.of(dialers, acceptors)) {
      assertThat(registry.get("fluxwire.channels.ended").counter().count()).isEqualTo(1);
      assertThat(registry.get("fluxwire.channels.open").gauges())
          .allMatch(gauge -> gauge.value() == 0);
      assertThat(registry.get("fluxwire.channels.connected").gauges())
          .allMatch(gauge -> gauge.value() == 0);
    }
  }

  @Test
  void aChannelNeedsToKnowItsPeer() {
    assertThatThrownBy(
            () ->
                PeerClient.create(PacketCodec.raw())
                    .remote("127.0.0.1", server.port())
                    .channel("orders", ChannelSpec.of(clientsStore))
                    .block(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("expect");
  }

  @Test
  void aChannelIsOpenOnce() {
    PeerChannel<ByteBuf> channel = channel(ChannelSpec.of(clientsStore));

    assertThatThrownBy(() -> channel(ChannelSpec.of(clientsStore)))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("open already");
    channel.close().block(LIMIT);
    channel(ChannelSpec.of(clientsStore)).close().block(LIMIT);
  }
}
