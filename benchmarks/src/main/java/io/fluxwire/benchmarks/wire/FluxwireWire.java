package io.fluxwire.benchmarks.wire;

import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.InboundLimits;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.rsocket.CloseablePeerServer;
import io.fluxwire.rsocket.FluxwireClientTransport;
import io.fluxwire.rsocket.FluxwireRSocket;
import io.fluxwire.rsocket.FluxwireServerTransport;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.rsocket.RSocket;
import io.rsocket.core.RSocketConnector;
import io.rsocket.core.RSocketServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Fluxwire, with the raw codec. */
final class FluxwireWire extends PipeWire {

  private final NodeKey serverKey;
  private final NodeKey clientKey;
  private final Congestion congestion;
  private final PeerClient<ByteBuf> client;

  private final UnaryOperator<PeerServer<ByteBuf>> variant;

  /**
   * What differs from one to the other.
   *
   * @param dialect of both sides
   * @param upgrade of both sides
   * @param registry null for no meters
   */
  record Variant(Dialect dialect, UpgradePolicy upgrade, @Nullable MeterRegistry registry) {

    static final Variant V3 = new Variant(Dialect.V3, UpgradePolicy.off(), null);
    static final Variant UPGRADED = new Variant(Dialect.V3, UpgradePolicy.required(), null);
    static final Variant BOLT8 = new Variant(Dialect.BOLT8, UpgradePolicy.off(), null);
    static final Variant WITHOUT_KEM =
        new Variant(Dialect.V3, UpgradePolicy.required().postQuantum(UpgradePolicy.Mode.OFF), null);
  }

  FluxwireWire(String name, Congestion congestion, Identities identities, Variant variant)
      throws IOException {
    super(name);
    MeterRegistry registry = variant.registry();
    this.variant =
        server -> {
          PeerServer<ByteBuf> upgraded =
              server.dialects(variant.dialect()).upgrade(variant.upgrade());
          return registry == null ? upgraded : upgraded.meterRegistry(registry);
        };
    this.serverKey = identities.serverKey();
    this.clientKey = identities.clientKey();
    this.congestion = congestion;
    PeerClient<ByteBuf> bare =
        PeerClient.create(PacketCodec.raw())
            .nodeKey(clientKey)
            .expect(serverKey.id())
            .dialect(variant.dialect())
            .upgrade(variant.upgrade())
            .tcp(congestion::on);
    this.client = registry == null ? bare : bare.meterRegistry(registry);
  }

  @Override
  ByteBuf body(int size) {
    return Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(new byte[size]));
  }

  @Override
  Server serve(Function<Pipe, Publisher<Void>> handler) {
    DisposablePeerServer server = server().handle(peer -> handler.apply(new Peer(peer))).bindNow();
    return new Server(
        (InetSocketAddress) server.address(), () -> server.disposeNow(Duration.ofSeconds(20)));
  }

  private PeerServer<ByteBuf> server() {
    return variant.apply(
        PeerServer.create(PacketCodec.raw())
            .host("127.0.0.1")
            .tcp(congestion::on)
            .nodeKey(serverKey)
            .authorize(peer -> Mono.just(peer.id().equals(clientKey.id())))
            .limits(limits -> InboundLimits.none()));
  }

  /** RSocket over the same connections. */
  RSocketWire rsocket(String other) {
    return new RSocketWire(
        other,
        new RSocketWire.Carrier() {
          @Override
          public Server bind(RSocketServer settings) {
            CloseablePeerServer bound =
                FluxwireRSocket.configure(settings)
                    .bindNow(FluxwireServerTransport.create(server()));
            return new Server((InetSocketAddress) bound.server().address(), bound);
          }

          @Override
          public Mono<RSocket> connect(RSocketConnector settings, Server to) {
            return FluxwireRSocket.configure(settings, serverKey.id())
                .connect(FluxwireClientTransport.create(client.remote(to.address())));
          }
        });
  }

  @Override
  Mono<Pipe> connect(Server to) {
    return client.remote(to.address()).connect().map(Peer::new);
  }

  private record Peer(PeerConnection<ByteBuf> connection) implements Pipe {

    @Override
    public Flux<ByteBuf> receive() {
      return connection.receive();
    }

    @Override
    public Mono<Void> send(Publisher<ByteBuf> packets) {
      return connection.send(packets);
    }

    @Override
    public Mono<Void> close() {
      return connection.close();
    }

    @Override
    public void dispose() {
      connection.dispose();
    }
  }
}
