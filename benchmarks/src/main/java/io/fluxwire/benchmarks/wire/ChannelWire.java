package io.fluxwire.benchmarks.wire;

import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.InboundLimits;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Fluxwire's channels, with the raw codec: each connection of a benchmark is a channel. */
final class ChannelWire extends PipeWire implements StoredSends {

  private final NodeKey serverKey;
  private final Congestion congestion;
  private final Supplier<Stores> stores;
  private final Map<InetSocketAddress, Stores> made = new ConcurrentHashMap<>();
  private final PeerClient<ByteBuf> client;
  private final AtomicInteger channels = new AtomicInteger();

  /**
   * A wire.
   *
   * @param stores makes those of a server and its clients, which go with the server
   */
  ChannelWire(String name, Congestion congestion, Identities identities, Supplier<Stores> stores)
      throws IOException {
    super(name);
    this.serverKey = identities.serverKey();
    this.congestion = congestion;
    this.stores = stores;
    this.client =
        PeerClient.create(identities.clientKey(), PacketCodec.raw())
            .expect(serverKey.id())
            .tcp(congestion::on);
  }

  @Override
  ByteBuf body(int size) {
    return Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(new byte[size]));
  }

  @Override
  Server serve(Function<Pipe, Publisher<Void>> handler) {
    Stores ours = stores.get();
    DisposablePeerServer server =
        PeerServer.create(serverKey, PacketCodec.raw())
            .host("127.0.0.1")
            .tcp(congestion::on)
            .limits(limits -> InboundLimits.none())
            .channels(ChannelSpec.of(ours.next()), channel -> handler.apply(new Channel(channel)))
            .bindNow();
    InetSocketAddress address = (InetSocketAddress) server.address();
    made.put(address, ours);
    return new Server(
        address,
        () -> {
          server.disposeNow(Duration.ofSeconds(20));
          made.remove(address);
          ours.dispose();
        });
  }

  @Override
  Mono<Pipe> connect(Server to) {
    return Mono.defer(
        () -> {
          ChannelStore store = Objects.requireNonNull(made.get(to.address())).next();
          return client
              .remote(to.address())
              .channel("channel " + channels.incrementAndGet(), ChannelSpec.of(store))
              .map(Channel::new);
        });
  }

  /** To a peer that acknowledges what it gets. */
  @Override
  public Flux<Mono<?>> open(int size) {
    ByteBuf body = body(size);
    return Flux.using(
        () -> serve(pipe -> pipe.receive().then()),
        server ->
            Flux.usingWhen(
                connect(server),
                pipe ->
                    Flux.<Mono<?>>never()
                        .startWith(pipe.send(Mono.fromSupplier(body::retainedDuplicate))),
                pipe -> Mono.fromRunnable(pipe::dispose)),
        server -> server.stop().dispose());
  }

  private record Channel(PeerChannel<ByteBuf> channel) implements Pipe {

    @Override
    public Flux<ByteBuf> receive() {
      return channel.receiveAuto();
    }

    @Override
    public Mono<Void> send(Publisher<ByteBuf> packets) {
      return channel.send(packets).then();
    }

    @Override
    public Mono<Void> close() {
      return channel.close();
    }

    @Override
    public void dispose() {
      channel.dispose();
    }
  }
}
