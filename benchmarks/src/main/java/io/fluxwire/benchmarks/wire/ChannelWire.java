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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Fluxwire's channels, with the raw codec: each connection of a benchmark is a channel. */
final class ChannelWire extends PipeWire {

  private final NodeKey serverKey;
  private final Congestion congestion;
  private final Supplier<ChannelStore> stores;
  private final PeerClient<ByteBuf> client;
  private final AtomicInteger channels = new AtomicInteger();

  /**
   * A wire.
   *
   * @param stores makes a store for a server, or for one client
   */
  ChannelWire(
      String name, Congestion congestion, Identities identities, Supplier<ChannelStore> stores)
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
    DisposablePeerServer server =
        PeerServer.create(serverKey, PacketCodec.raw())
            .host("127.0.0.1")
            .tcp(congestion::on)
            .limits(limits -> InboundLimits.none())
            .channels(ChannelSpec.of(stores.get()), channel -> handler.apply(new Channel(channel)))
            .bindNow();
    return new Server(
        (InetSocketAddress) server.address(), () -> server.disposeNow(Duration.ofSeconds(20)));
  }

  @Override
  Mono<Pipe> connect(Server to) {
    return Mono.defer(
        () ->
            client
                .remote(to.address())
                .channel("channel " + channels.incrementAndGet(), ChannelSpec.of(stores.get()))
                .map(Channel::new));
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
