package io.fluxwire.rsocket;

import io.fluxwire.netty.PeerServer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.rsocket.transport.ServerTransport;
import java.util.Objects;
import reactor.core.publisher.Mono;

/**
 * Starts a {@code PeerServer} whose peers speak RSocket: {@code
 * FluxwireRSocket.server().acceptor(...).bind(transport)}. The server's limits, access lists and
 * timeouts apply; a peer that it does not let in never reaches the acceptor. Immutable.
 */
public final class FluxwireServerTransport implements ServerTransport<CloseablePeerServer> {

  private final PeerServer<ByteBuf> server;
  private final Link link;

  private FluxwireServerTransport(PeerServer<ByteBuf> server, Link link) {
    this.server = server;
    this.link = link;
  }

  /**
   * A transport that starts a server.
   *
   * @param server with {@code PacketCodec.raw()}; its {@linkplain PeerServer#handle handler} is
   *     replaced
   * @return the transport
   */
  public static FluxwireServerTransport create(PeerServer<ByteBuf> server) {
    return new FluxwireServerTransport(Objects.requireNonNull(server, "server"), Link.DEFAULT);
  }

  /**
   * Sets how many bytes of a connection may wait to be written. Once a quarter of the budget is
   * used, streams and channels wait until the peer has read more, whatever demand it has signalled.
   * Other answers and requests cannot wait: if the peer reads nothing, they use up the budget, and
   * the connection ends with {@link io.fluxwire.Reason#WRITE_STALLED}. Each frame counts as 256
   * bytes more than its size.
   *
   * <p>The first item of each stream cannot wait either, since its size is not known in advance. So
   * the first items of all streams that are opened at the same time have to fit into the budget
   * together, as requests do. For example, 200 streams with items of 64 KiB do not fit into 8 MiB,
   * and end the connection in the same way, even if the peer reads. Limit how many streams are
   * opened at the same time, or raise the budget.
   *
   * @param bytes 2 MiB to 1 GiB; the default is {@link FluxwireRSocket#SEND_BUDGET}. It should be
   *     at least twice the largest payload that is sent, whose fragments are all queued at once
   * @return a copy
   */
  public FluxwireServerTransport sendBudget(int bytes) {
    return new FluxwireServerTransport(server, link.sendBudget(bytes));
  }

  FluxwireServerTransport allocator(ByteBufAllocator buffers) {
    return new FluxwireServerTransport(server, link.allocator(buffers));
  }

  /**
   * The size of the largest frame that RSocket may send.
   *
   * @return 1 MiB less 3 bytes, in bytes
   */
  @Override
  public int maxFrameLength() {
    return PackedFrames.MAX_FRAME;
  }

  /**
   * Starts the server when the result is subscribed to. RSocket calls this.
   *
   * @param acceptor is called with each connection whose peer is authenticated and authorized
   * @return emits the server when it listens; errors as {@link PeerServer#bind()} does
   */
  @Override
  public Mono<CloseablePeerServer> start(ConnectionAcceptor acceptor) {
    return server
        .handle(RSocketHandler.of(acceptor).with(link))
        .bind()
        .map(CloseablePeerServer::new);
  }
}
