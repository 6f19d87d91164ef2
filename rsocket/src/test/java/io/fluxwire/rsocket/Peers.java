package io.fluxwire.rsocket;

import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.core.RSocketServer;
import io.rsocket.util.DefaultPayload;
import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Mono;

/** A server that speaks RSocket, and what dials it. */
final class Peers implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofSeconds(60);

  final NodeKey serverKey = NodeKey.generate();
  final NodeKey clientKey = NodeKey.generate();
  final CopyOnWriteArrayList<PeerDuplexConnection> accepted = new CopyOnWriteArrayList<>();
  final DisposablePeerServer server;

  private final UpgradePolicy upgrade;

  Peers(SocketAcceptor acceptor) {
    this(acceptor, UpgradePolicy.required(), peers -> peers);
  }

  Peers(
      SocketAcceptor acceptor,
      UpgradePolicy upgrade,
      UnaryOperator<PeerServer<ByteBuf>> customizer) {
    this(acceptor, upgrade, customizer, handler -> handler);
  }

  Peers(
      SocketAcceptor acceptor,
      UpgradePolicy upgrade,
      UnaryOperator<PeerServer<ByteBuf>> customizer,
      UnaryOperator<RSocketHandler> handling) {
    this.upgrade = upgrade;
    RSocketServer rsocket =
        FluxwireRSocket.server()
            .acceptor(acceptor)
            .interceptors(
                all ->
                    all.forConnection(
                        (type, connection) -> {
                          if (connection instanceof PeerDuplexConnection peer) {
                            accepted.add(peer);
                          }
                          return connection;
                        }));
    this.server =
        customizer
            .apply(
                PeerServer.create(serverKey, PacketCodec.raw()).host("127.0.0.1").upgrade(upgrade))
            .handle(handling.apply(RSocketHandler.of(rsocket)))
            .bindNow();
  }

  PeerClient<ByteBuf> client() {
    return PeerClient.create(clientKey, PacketCodec.raw())
        .remote("127.0.0.1", server.port())
        .upgrade(upgrade)
        .expect(serverKey.id());
  }

  FluxwireClientTransport transport() {
    return FluxwireClientTransport.create(client());
  }

  RSocket rsocket() {
    return rsocket(SocketAcceptor.with(new RSocket() {}));
  }

  RSocket rsocket(SocketAcceptor acceptor) {
    return get(FluxwireRSocket.connector(serverKey.id()).acceptor(acceptor).connect(transport()));
  }

  /** A connection over which anything can be sent. */
  PeerConnection<ByteBuf> bare() {
    return client().connectNow(PATIENCE);
  }

  static <T> T get(Mono<T> mono) {
    return mono.block(PATIENCE);
  }

  static Payload payload(String text) {
    return DefaultPayload.create(text);
  }

  @Override
  public void close() {
    server.disposeNow();
  }
}
