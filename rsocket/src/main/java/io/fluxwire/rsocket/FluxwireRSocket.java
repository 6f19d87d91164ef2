package io.fluxwire.rsocket;

import io.fluxwire.NodeId;
import io.rsocket.core.RSocketConnector;
import io.rsocket.core.RSocketServer;
import java.util.Objects;

/**
 * RSocket's connectors and servers, set up for Fluxwire: payloads over {@link #FRAGMENT_SIZE} are
 * sent in fragments, since a packet has 1 MiB at most; a peer's payload may have {@link
 * #MAX_PAYLOAD} at most; and handlers get the requester's id by {@link RSocketPeer}.
 *
 * <pre>{@code
 * PeerServer<ByteBuf> server = PeerServer.create(key, PacketCodec.raw()).port(9735);
 * FluxwireRSocket.server().acceptor(acceptor).bind(FluxwireServerTransport.create(server));
 *
 * PeerClient<ByteBuf> client =
 *     PeerClient.create(key, PacketCodec.raw()).remote("node.example.org", 9735).expect(serverId);
 * Mono<RSocket> connected =
 *     FluxwireRSocket.connector(serverId).connect(FluxwireClientTransport.create(client));
 * }</pre>
 */
public final class FluxwireRSocket {

  /** The size from which payloads are sent in fragments, in bytes: 64 KiB. */
  public static final int FRAGMENT_SIZE = 64 * 1024;

  /**
   * The largest payload that is accepted from a peer, in bytes: 4 MiB. Its fragments are held in
   * memory until the last one has arrived. On the sending side all fragments of a payload are
   * queued at once, within {@link #SEND_BUDGET}.
   */
  public static final int MAX_PAYLOAD = 4 * 1024 * 1024;

  /**
   * How many bytes of incomplete payloads a peer may have sent, in all streams together: 8 MiB,
   * twice {@link #MAX_PAYLOAD}. A payload is incomplete until its last fragment has arrived, and
   * each fragment counts as 256 bytes more than its size. A connection whose peer sends more ends
   * with {@link io.fluxwire.Reason#PAYLOAD_TOO_LARGE}.
   */
  public static final int MAX_UNFINISHED = 2 * MAX_PAYLOAD;

  /**
   * How many streams a peer may have open at a time: 16,384. A stream is open while its request has
   * not been answered completely, or while the request's last fragment has not arrived. A
   * fire-and-forget request has no answer. A connection whose peer opens more ends with {@link
   * io.fluxwire.Reason#TOO_MANY_REQUESTS}.
   */
  public static final int MAX_STREAMS = 16_384;

  /**
   * How many bytes of a connection may wait to be written, unless configured: 8 MiB. Each frame
   * counts as 256 bytes more than its size.
   */
  public static final int SEND_BUDGET = 8 * 1024 * 1024;

  private FluxwireRSocket() {}

  /**
   * A server with RSocket's defaults and what {@link #configure(RSocketServer)} sets.
   *
   * @return a new server, which is mutable, as RSocket's are, and still needs an acceptor
   */
  public static RSocketServer server() {
    return configure(RSocketServer.create());
  }

  /**
   * Sets {@link #FRAGMENT_SIZE} and {@link #MAX_PAYLOAD}, and adds an interceptor that puts the
   * peer's id into the context of the acceptor and of each request. Add interceptors that need the
   * id before you call this.
   *
   * @param server is changed
   * @return the same server
   */
  public static RSocketServer configure(RSocketServer server) {
    return server
        .fragment(FRAGMENT_SIZE)
        .maxInboundPayloadSize(MAX_PAYLOAD)
        .interceptors(all -> all.forSocketAcceptor(PeerAcceptor.ofContext()));
  }

  /**
   * A connector with RSocket's defaults and what {@link #configure(RSocketConnector, NodeId)} sets.
   *
   * @param server the node id that the peer has to have
   * @return a new connector, which is mutable, as RSocket's are
   */
  public static RSocketConnector connector(NodeId server) {
    return configure(RSocketConnector.create(), server);
  }

  /**
   * Sets {@link #FRAGMENT_SIZE} and {@link #MAX_PAYLOAD}, and adds interceptors: one that puts the
   * peer's id into the context of the acceptor and of each request of the peer's, and one that
   * refuses all other peers: with any other peer, and with a transport that is not Fluxwire's,
   * {@code connect} errors with {@link io.fluxwire.AuthenticationException}. Add interceptors that
   * need the id before you call this.
   *
   * @param connector is changed
   * @param server the node id that the peer has to have. Let the client {@linkplain
   *     io.fluxwire.netty.PeerClient#expect expect} the same node, so that another node does not
   *     learn this node's id
   * @return the same connector
   */
  public static RSocketConnector configure(RSocketConnector connector, NodeId server) {
    Objects.requireNonNull(server, "server");
    return connector
        .fragment(FRAGMENT_SIZE)
        .maxInboundPayloadSize(MAX_PAYLOAD)
        .interceptors(
            all ->
                all.forConnection(new ExpectedPeer(server))
                    .forSocketAcceptor(PeerAcceptor.of(server)));
  }
}
