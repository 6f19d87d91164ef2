package io.fluxwire.rsocket;

import io.fluxwire.PeerConnection;
import io.netty.buffer.ByteBuf;
import io.rsocket.core.RSocketServer;
import io.rsocket.transport.ServerTransport.ConnectionAcceptor;
import java.util.Objects;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * Serves RSocket on the connections of an application's {@code PeerServer}: {@code
 * PeerServer.create(key, PacketCodec.raw()).handle(RSocketHandler.of(server))}. It can serve other
 * connections as well, such as those that a {@code PeerGroup} accepts. Immutable.
 */
public final class RSocketHandler implements Function<PeerConnection<ByteBuf>, Mono<Void>> {

  private final ConnectionAcceptor acceptor;
  private final Link link;

  private RSocketHandler(ConnectionAcceptor acceptor, Link link) {
    this.acceptor = acceptor;
    this.link = link;
  }

  /**
   * Serves with the acceptor and the settings of one of RSocket's servers.
   *
   * @param server from {@link FluxwireRSocket#server()}, with an acceptor; must not be changed
   *     afterwards
   * @return the handler
   */
  public static RSocketHandler of(RSocketServer server) {
    return of(server.asConnectionAcceptor(PackedFrames.MAX_FRAME));
  }

  static RSocketHandler of(ConnectionAcceptor acceptor) {
    return new RSocketHandler(Objects.requireNonNull(acceptor, "acceptor"), Link.DEFAULT);
  }

  /**
   * Sets how many bytes of a connection may wait to be written; see {@link
   * FluxwireServerTransport#sendBudget}.
   *
   * @param bytes 2 MiB to 1 GiB; the default is {@link FluxwireRSocket#SEND_BUDGET}. It should be
   *     at least twice the largest payload that is sent
   * @return a copy
   */
  public RSocketHandler sendBudget(int bytes) {
    return with(link.sendBudget(bytes));
  }

  RSocketHandler with(Link other) {
    return new RSocketHandler(acceptor, other);
  }

  /**
   * Serves one connection, which then belongs to RSocket.
   *
   * @param peer a connection on which nobody receives or sends
   * @return serves when it is subscribed to, and completes when the connection is closed in good
   *     order. Errors with the {@link io.fluxwire.PeerException} of any other end, or with the
   *     acceptor's error, which closes the connection. Cancelling before SETUP has come closes the
   *     connection
   */
  @Override
  public Mono<Void> apply(PeerConnection<ByteBuf> peer) {
    return Mono.defer(() -> serve(new PeerDuplexConnection(peer, link, PeerStreams.Side.SERVER)))
        .contextWrite(context -> RSocketPeer.put(context, peer.remoteId()));
  }

  private Mono<Void> serve(PeerDuplexConnection connection) {
    return acceptor
        .apply(connection)
        .onErrorResume(failure -> notAccepted(connection, failure))
        .doOnCancel(connection::dispose)
        .then(connection.onClose());
  }

  /** A peer may leave before SETUP, which is an end like any other and no failure of a handler. */
  private static Mono<Void> notAccepted(PeerDuplexConnection connection, Throwable failure) {
    if (connection.isDisposed()) {
      return Mono.empty();
    }
    connection.dispose();
    return Mono.error(failure);
  }
}
