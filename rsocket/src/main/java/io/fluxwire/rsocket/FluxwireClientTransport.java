package io.fluxwire.rsocket;

import io.fluxwire.netty.PeerClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.rsocket.DuplexConnection;
import io.rsocket.transport.ClientTransport;
import java.util.Objects;
import reactor.core.publisher.Mono;

/**
 * Dials a peer that speaks RSocket: {@code FluxwireRSocket.connector(serverId).connect(transport)}.
 * It dials once for each {@code connect()}; to dial again, use RSocket's {@code
 * RSocketConnector.reconnect} or {@code RSocketClient}. Immutable.
 */
public final class FluxwireClientTransport implements ClientTransport {

  private final PeerClient<ByteBuf> client;
  private final Link link;

  private FluxwireClientTransport(PeerClient<ByteBuf> client, Link link) {
    this.client = client;
    this.link = link;
  }

  /**
   * A transport that dials.
   *
   * @param client with {@code PacketCodec.raw()}, a remote, and the peer that it expects
   * @return the transport
   */
  public static FluxwireClientTransport create(PeerClient<ByteBuf> client) {
    return new FluxwireClientTransport(Objects.requireNonNull(client, "client"), Link.DEFAULT);
  }

  /**
   * Sets how many bytes of a connection may wait to be written; see {@link
   * FluxwireServerTransport#sendBudget}. Requests that are sent at the same time have to fit into
   * the budget together.
   *
   * @param bytes 2 MiB to 1 GiB; the default is {@link FluxwireRSocket#SEND_BUDGET}. It should be
   *     at least twice the largest payload that is sent
   * @return a copy
   */
  public FluxwireClientTransport sendBudget(int bytes) {
    return new FluxwireClientTransport(client, link.sendBudget(bytes));
  }

  FluxwireClientTransport allocator(ByteBufAllocator buffers) {
    return new FluxwireClientTransport(client, link.allocator(buffers));
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
   * Dials once for each subscription. RSocket calls this.
   *
   * @return emits the connection when the peer is authenticated; errors as {@link
   *     PeerClient#connect()} does
   */
  @Override
  public Mono<DuplexConnection> connect() {
    return client
        .connect()
        .map(peer -> new PeerDuplexConnection(peer, link, PeerStreams.Side.CLIENT));
  }
}
