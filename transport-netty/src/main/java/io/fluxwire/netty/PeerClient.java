package io.fluxwire.netty;

import io.fluxwire.ConnectException;
import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.NodeKey;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.dial.Dial;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.session.Role;
import io.fluxwire.session.SessionSpec;
import io.netty.channel.ChannelOption;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpResources;
import reactor.netty.transport.NameResolverProvider;

/**
 * Dials a peer. Immutable: each setter returns a copy, so that a client can be kept, shared and
 * specialised.
 *
 * <pre>{@code
 * PeerClient.create()
 *     .remote("node.example.org", 9735)
 *     .nodeKey(key)
 *     .expect(serverId)
 *     .connect()
 *     .flatMap(peer -> peer.send(packets).then(peer.close()))
 * }</pre>
 *
 * @param <P> the application's packet type
 */
public final class PeerClient<P> {

  /** The default connect timeout, for each address: 10 s. */
  public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private final SessionSpec<P> session;
  private final @Nullable InetSocketAddress remote;
  private final Duration connectTimeout;
  private final UnaryOperator<TcpClient> tcp;

  private PeerClient(
      SessionSpec<P> session,
      @Nullable InetSocketAddress remote,
      Duration connectTimeout,
      UnaryOperator<TcpClient> tcp) {
    this.session = session;
    this.remote = remote;
    this.connectTimeout = connectTimeout;
    this.tcp = tcp;
  }

  /**
   * A client with the defaults: {@code Pkt} packets, a throw-away node key, any peer that proves an
   * id, 10 s to connect to each address and 10 s for the handshake. Reads the random source, so it
   * may block.
   *
   * @return the client
   */
  public static PeerClient<Pkt> create() {
    return new PeerClient<>(
        SessionSpec.of(NodeKey.generate()), null, CONNECT_TIMEOUT, UnaryOperator.identity());
  }

  /**
   * Where the peer is. The name is resolved anew for each dial, by the operating system's hosts
   * file and DNS, without blocking a thread.
   *
   * @param host a name or an IP address
   * @param port its TCP port
   * @return a copy
   */
  public PeerClient<P> remote(String host, int port) {
    return remote(InetSocketAddress.createUnresolved(host, port));
  }

  /**
   * Where the peer is.
   *
   * @param address resolved, or a name to resolve
   * @return a copy
   */
  public PeerClient<P> remote(InetSocketAddress address) {
    return new PeerClient<>(session, address, connectTimeout, tcp);
  }

  /**
   * Who this node is.
   *
   * @param key its key
   * @return a copy
   */
  public PeerClient<P> nodeKey(NodeKey key) {
    return with(session.withNodeKey(key));
  }

  /**
   * Who the peer has to be. Anyone else is refused, and does not learn who this node is.
   *
   * @param peer its node id
   * @return a copy
   */
  public PeerClient<P> expect(NodeId peer) {
    return with(session.withExpected(Objects.requireNonNull(peer, "peer")));
  }

  /**
   * The application's packets.
   *
   * @param codec how to write and read them
   * @param <Q> the packet type
   * @return a copy
   */
  public <Q> PeerClient<Q> codec(PacketCodec<Q> codec) {
    return new PeerClient<>(session.withCodec(codec), remote, connectTimeout, tcp);
  }

  /**
   * How long TCP may take to connect to one address.
   *
   * @param timeout the limit; the default is 10 s
   * @return a copy
   */
  public PeerClient<P> connectTimeout(Duration timeout) {
    return new PeerClient<>(session, remote, timeout, tcp);
  }

  /**
   * How long the handshake may take once TCP is up, whatever arrives in between.
   *
   * @param timeout the limit; the default is 10 s
   * @return a copy
   */
  public PeerClient<P> handshakeTimeout(Duration timeout) {
    return with(session.withHandshakeTimeout(timeout));
  }

  /**
   * How long {@link PeerConnection#close()} waits for what is not written yet.
   *
   * @param timeout the limit; the default is 5 s
   * @return a copy
   */
  public PeerClient<P> drainTimeout(Duration timeout) {
    return with(session.withDrainTimeout(timeout));
  }

  /**
   * Anything of Reactor Netty's: event loops, socket options, proxies, a resolver. Applied after
   * what is set before. Pooling is off and has to stay off: a session is one channel with one key
   * set.
   *
   * @param customizer changes the TCP client
   * @return a copy
   */
  public PeerClient<P> tcp(UnaryOperator<TcpClient> customizer) {
    return new PeerClient<>(
        session, remote, connectTimeout, client -> customizer.apply(tcp.apply(client)));
  }

  private PeerClient<P> with(SessionSpec<P> spec) {
    return new PeerClient<>(spec, remote, connectTimeout, tcp);
  }

  /**
   * Dials once: resolves the name and tries its addresses in turn, each once, until a peer has
   * authenticated behind one.
   *
   * <p>Emits the connection on its event loop and completes. Errors with {@link DialException},
   * which holds a cause for each address, and with {@link IllegalStateException} when there is no
   * remote. Each subscription dials anew. Cancelling closes what is under way and leaves nothing
   * behind.
   *
   * @return the dial
   */
  public Mono<PeerConnection<P>> connect() {
    return Mono.defer(
        () -> {
          InetSocketAddress target = remote;
          if (target == null) {
            return Mono.error(
                new IllegalStateException("nowhere to dial: set remote(host, port) first"));
          }
          TcpClient client =
              tcp.apply(
                  TcpClient.newConnection()
                      .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                      .option(
                          ChannelOption.CONNECT_TIMEOUT_MILLIS,
                          Math.toIntExact(connectTimeout.toMillis())));
          String name = target.getHostString() + ":" + target.getPort();
          return resolve(client, target)
              .onErrorMap(failure -> new DialException(name, failure))
              .flatMap(
                  addresses -> Dial.inTurn(name, addresses, address -> attempt(client, address)));
        });
  }

  private Mono<PeerConnection<P>> attempt(TcpClient client, SocketAddress address) {
    return client
        .remoteAddress(() -> address)
        .connect()
        .onErrorMap(
            failure ->
                new ConnectException(
                    Reason.CONNECT_FAILED, String.valueOf(failure.getMessage()), failure))
        .flatMap(connection -> session.establish(NettyByteDuplex.over(connection), Role.DIALER));
  }

  @SuppressWarnings("unchecked")
  private static Mono<List<InetSocketAddress>> resolve(TcpClient client, InetSocketAddress target) {
    if (!target.isUnresolved()) {
      return Mono.just(List.of(target));
    }
    AddressResolverGroup<?> own = client.configuration().resolver();
    if (own != null) {
      return resolve((AddressResolverGroup<InetSocketAddress>) own, target);
    }
    return Mono.using(
        () -> NameResolverProvider.builder().build().newNameResolverGroup(TcpResources.get(), true),
        group -> resolve(group, target),
        AddressResolverGroup::close);
  }

  private static Mono<List<InetSocketAddress>> resolve(
      AddressResolverGroup<InetSocketAddress> group, InetSocketAddress target) {
    return Mono.create(
        sink -> {
          AddressResolver<InetSocketAddress> resolver =
              group.getResolver(TcpResources.get().onClient(true).next());
          resolver
              .resolveAll(target)
              .addListener(
                  (io.netty.util.concurrent.Future<List<InetSocketAddress>> done) -> {
                    if (done.isSuccess()) {
                      sink.success(done.getNow());
                    } else {
                      sink.error(done.cause());
                    }
                  });
        });
  }
}
