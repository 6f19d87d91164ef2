package io.fluxwire.netty;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.SessionParameters;
import io.fluxwire.access.Authorizer;
import io.fluxwire.channel.ChannelAcceptor;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Blocking;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.HandOver;
import io.fluxwire.memory.MemoryBudget;
import io.fluxwire.netty.internal.UnixSockets;
import io.fluxwire.observe.Observability;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.request.RequestSpec;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.session.SessionTimeouts;
import io.fluxwire.transport.Listener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.tcp.TcpServer;

/**
 * Listens for peers. Immutable: each setter returns a copy, so that a server can be kept, shared
 * and specialized.
 *
 * <pre>{@code
 * DisposablePeerServer server =
 *     PeerServer.create(NodeKey.loadOrCreate(Path.of("node.key")))
 *         .port(9735)
 *         .authorize(Authorizer.allowing(trusted))
 *         .handle(peer -> peer.send(peer.receive().map(this::reply)))
 *         .bindNow();
 * }</pre>
 *
 * <p>Threads: connections run on Reactor Netty's event loops, which are daemons and shared by the
 * whole process. {@link #tcp} can set other event loops; the application disposes of those itself,
 * after the server. Curve operations run on {@code fluxwire-curve} threads, which are daemons, too:
 * there are as many as processors, all servers and clients of the process share them, and they end
 * when idle for 10 s. So no thread belongs to a server, and none keeps the process alive.
 *
 * <p>Each running server makes up to 8 session key pairs ahead, and wipes the unused ones when it
 * is disposed.
 *
 * @param <P> the application's packet type
 */
public final class PeerServer<P> {

  private final ServerConfig<P> config;

  private PeerServer(ServerConfig<P> config) {
    this.config = config;
  }

  private PeerServer<P> with(Consumer<ServerConfig<P>> change) {
    ServerConfig<P> changed = new ServerConfig<>(config);
    change.accept(changed);
    return new PeerServer<>(changed);
  }

  /**
   * A server with the defaults: all interfaces, a free port, {@code Pkt} packets, a throw-away node
   * key, anyone who proves an id, {@link InboundLimits#create()}, 10 s for the handshake, packets
   * read and dropped.
   *
   * <p>Does not block. The key is generated once for this server and its copies, when one of them
   * first starts to listen.
   *
   * @return the server
   */
  public static PeerServer<Pkt> create() {
    return create(PacketCodec.pkt());
  }

  /**
   * A server with the given key, and otherwise the defaults of {@link #create()}.
   *
   * @param key the node's key, or a signer for a key that is kept elsewhere
   * @return the server
   */
  public static PeerServer<Pkt> create(NodeIdentity key) {
    return create(key, PacketCodec.pkt());
  }

  /**
   * A server for the application's own packets, and otherwise with the defaults of {@link
   * #create()}.
   *
   * @param codec how to write and read the packets
   * @param <P> the packet type
   * @return the server
   */
  public static <P> PeerServer<P> create(PacketCodec<P> codec) {
    return create(new ThrowawayKey(), codec);
  }

  /**
   * A server with the given key, for the application's own packets, and otherwise with the defaults
   * of {@link #create()}.
   *
   * @param key the node's key, or a signer for a key that is kept elsewhere
   * @param codec how to write and read the packets
   * @param <P> the packet type
   * @return the server
   */
  public static <P> PeerServer<P> create(NodeIdentity key, PacketCodec<P> codec) {
    return new PeerServer<>(
        new ServerConfig<>(SessionSpec.of(key).codec(codec).upgrade(UpgradePolicy.allowed())));
  }

  /**
   * A server for Lightning nodes of today: by {@link Dialect#BOLT8}, with raw {@linkplain
   * PacketCodec#messages() messages}, and else with the defaults of {@link #create()}. What such
   * nodes expect first is up to the application.
   *
   * @param key the node's key, or what {@linkplain NodeIdentity#agree agrees} on keys with it where
   *     the key is kept elsewhere
   * @return the server
   */
  public static PeerServer<ByteBuf> bolt8(NodeIdentity key) {
    return create(key, PacketCodec.messages()).dialects(Dialect.BOLT8);
  }

  /**
   * Sets the interface to listen on.
   *
   * @param address a local address or name; the default is all interfaces
   * @return a copy
   */
  public PeerServer<P> host(String address) {
    Objects.requireNonNull(address, "address");
    return with(c -> c.host = address);
  }

  /**
   * Sets the port to listen on.
   *
   * @param number a TCP port; 0, the default, picks a free one
   * @return a copy
   */
  public PeerServer<P> port(int number) {
    int checked = Arguments.inRange("the port", number, 0, 65_535);
    return with(c -> c.port = checked);
  }

  /**
   * Sets the address to listen on, instead of a host and a port: the path of a Unix socket, for
   * example.
   *
   * <p>The file of a Unix socket has mode 0600, so that only this process's user can connect to it.
   * If others are to connect, change the mode once the server is bound. The file is removed when
   * the server is disposed of. A file that exists already is replaced only if it is stale, that is,
   * a socket that refuses connections, such as one that a killed process left behind; otherwise the
   * server does not start. Peers that connect by a Unix socket have no IP address: {@link
   * PeerConnection#remoteAddress()} is the path, an {@linkplain #admit address test} refuses them,
   * and those {@linkplain #limits limits} that are per address do not apply to them.
   *
   * @param address a {@link java.net.UnixDomainSocketAddress} or Netty's {@code
   *     DomainSocketAddress}, whose path has at most 101 bytes (97 on macOS), or an {@link
   *     java.net.InetSocketAddress}
   * @return a copy
   */
  public PeerServer<P> bindAddress(SocketAddress address) {
    SocketAddress canonical = UnixSockets.canonical(Objects.requireNonNull(address, "address"));
    return with(c -> c.bindAddress = canonical);
  }

  /**
   * Replaces sockets with another transport, such as one in memory for tests. The transport decides
   * where to listen, and {@link #tcp} has no effect on it.
   *
   * @param transport the accepting half of a transport
   * @return a copy
   */
  public PeerServer<P> transport(Listener transport) {
    Objects.requireNonNull(transport, "transport");
    return with(c -> c.listener = transport);
  }

  /**
   * Sets this node's identity.
   *
   * @param key its key, or a signer for a key that is kept elsewhere
   * @return a copy
   */
  public PeerServer<P> nodeKey(NodeIdentity key) {
    return session(spec -> spec.nodeKey(key));
  }

  /**
   * Sets which IP addresses peers may connect from. This is decided when a connection is accepted,
   * before anything is read, written or computed. A connection from any other address is closed at
   * once, and {@link #doOnHandshakeFailure} is called with {@link
   * io.fluxwire.Reason#ADDRESS_REFUSED}. Once a test is set, the same happens to a connection
   * without an IP address, by a Unix socket, since the test could not judge it.
   *
   * @param addresses the test, such as a {@link io.fluxwire.access.CidrList}, or its {@code
   *     negate()}; called on the connection's event loop, must not block. It is given addresses in
   *     their {@linkplain io.fluxwire.access.CidrList#canonical(InetAddress) canonical} form. The
   *     default admits every address
   * @return a copy
   */
  public PeerServer<P> admit(Predicate<? super InetAddress> addresses) {
    Objects.requireNonNull(addresses, "addresses");
    return with(c -> c.admitted = addresses);
  }

  /**
   * Sets when no new connections are taken, such as while a fleet drains this node. They are reset
   * when they are accepted, so that whoever dials tries its next address at once, and {@link
   * #doOnHandshakeFailure} is called with {@link io.fluxwire.Reason#DRAINING}. Those that are there
   * stay, and handshakes that are under way go on.
   *
   * @param draining called for each connection, on its event loop; must not block. The default is
   *     never
   * @return a copy
   */
  public PeerServer<P> refuseWhile(BooleanSupplier draining) {
    Objects.requireNonNull(draining, "draining");
    return with(c -> c.draining = draining);
  }

  /**
   * Names the proxies and load balancers that say by the PROXY protocol, version 1 or 2, whose
   * connections they forward. Then {@linkplain #admit address tests}, {@linkplain #limits limits},
   * bans, logs and {@link PeerConnection#remoteAddress()} have the address of the proxy's client.
   *
   * <p>A connection from one of these addresses has to begin with the header; otherwise it is
   * closed, and {@link #doOnHandshakeFailure} is called with {@link
   * io.fluxwire.Reason#PROXY_HEADER_MISSING} or {@link io.fluxwire.Reason#PROXY_HEADER_MALFORMED}.
   * The header may have 107 bytes in version 1 and 536 in version 2, and waiting for it is part of
   * the handshake and of its timeout. Meanwhile only the limits in total hold. A header without an
   * address, or with that of the connection itself, as proxies send it for connections of their
   * own, leaves the connection's own address. A connection that ends before there is a byte of a
   * client is a health check: it is closed, and nothing is said of it.
   *
   * <p>A connection from any other address is nobody's but its own: a header of a stranger's is
   * refused as everything is that is no handshake. This has no effect on Unix sockets.
   *
   * @param proxies the test of addresses, such as a {@link io.fluxwire.access.CidrList}; called on
   *     the connection's event loop, must not block. It is given addresses in their {@linkplain
   *     io.fluxwire.access.CidrList#canonical(InetAddress) canonical} form. Whoever passes it can
   *     claim any address, so that it must not let in anyone else. By default there are no proxies
   * @return a copy
   * @throws IllegalStateException if {@code io.netty:netty-codec-haproxy}, which is optional, is
   *     not there
   */
  public PeerServer<P> proxyProtocol(Predicate<? super InetAddress> proxies) {
    Objects.requireNonNull(proxies, "proxies");
    try {
      ProxyHeader.requireCodec();
    } catch (NoClassDefFoundError e) {
      throw new IllegalStateException(
          "the PROXY protocol needs io.netty:netty-codec-haproxy, which is not there", e);
    }
    return with(c -> c.proxies = proxies);
  }

  /**
   * Sets how many connections and handshakes there may be, in total and per address or network, and
   * how many bytes they may hold.
   *
   * @param changes changes the limits set so far; the default is {@link InboundLimits#create()}
   * @return a copy
   */
  public PeerServer<P> limits(UnaryOperator<InboundLimits> changes) {
    InboundLimits changed = Objects.requireNonNull(changes.apply(config.limits), "limits");
    return with(c -> c.limits = changed);
  }

  /**
   * Sets which peers may connect. This is decided once a peer has proven its id.
   *
   * @param authorizer the decision; the default lets everyone in
   * @return a copy
   */
  public PeerServer<P> authorize(Authorizer authorizer) {
    return session(spec -> spec.authorizer(authorizer));
  }

  /**
   * Sets whether and how sessions are upgraded (protocol.md section 9).
   *
   * @param policy whether, with which ciphers, and what else; the default is {@link
   *     UpgradePolicy#allowed()}
   * @return a copy
   */
  public PeerServer<P> upgrade(UpgradePolicy policy) {
    return session(spec -> spec.upgrade(policy));
  }

  /**
   * Sets the dialects that peers may use. With more than one dialect, the first byte of whoever
   * dials tells which, and nothing is sent before it. A node that takes {@link Dialect#V3} tells
   * its id to anyone; one that takes {@link Dialect#BOLT8} alone answers only those who know it.
   *
   * @param one the default is {@link Dialect#V3}
   * @param others more
   * @return a copy
   */
  public PeerServer<P> dialects(Dialect one, Dialect... others) {
    return session(spec -> spec.dialects(one, others));
  }

  /**
   * Sets the timeouts: for the handshake, for the authorizer, for closing, and for a peer that
   * sends nothing, reads nothing or does not finish a frame.
   *
   * @param changes changes the timeouts set so far; the default is {@link SessionTimeouts#DEFAULT}
   * @return a copy
   */
  public PeerServer<P> timeouts(UnaryOperator<SessionTimeouts> changes) {
    return session(spec -> spec.timeouts(changes.apply(spec.timeouts())));
  }

  /**
   * Sets what to do with each authenticated peer. When the publisher completes, the connection is
   * closed in good order; when it errors, the error is logged, and the peer learns only that the
   * application failed ({@link PeerConnection#closeWithError}). With an {@link
   * #observationRegistry} the session's observation is in the publisher's Reactor context.
   *
   * @param connection the application's code for one connection, called on its event loop
   * @return a copy
   */
  public PeerServer<P> handle(
      Function<? super PeerConnection<P>, ? extends Publisher<Void>> connection) {
    Objects.requireNonNull(connection, "connection");
    return with(c -> c.handler = connection);
  }

  /**
   * Enables requests on each connection: {@link PeerConnection#request} sends them, and the spec's
   * handlers answer those of the peer. Connections that belong to channels have no requests.
   *
   * @param spec how packets ask and answer; the default has no requests
   * @return a copy
   */
  public PeerServer<P> requests(RequestSpec<P> spec) {
    Objects.requireNonNull(spec, "spec");
    return session(session -> session.requests(spec));
  }

  /**
   * Sets what to do with channels, which outlive connections: a peer opens one by dialling it with
   * {@link PeerClient#channel}. Peers that dial without a channel still go to the {@linkplain
   * #handle handler} of connections. Channels need {@linkplain #upgrade upgraded sessions}. One
   * peer may have {@value ChannelAcceptor#MAX_PER_NODE} channels open, and all peers together
   * {@value ChannelAcceptor#MAX_CHANNELS}.
   *
   * @param spec where and how the channels are stored
   * @param channel the application's code for one channel, called once for each channel that is
   *     opened, and not for each connection. When its publisher completes or errors, the channel is
   *     closed; an error is logged. A peer that dials the channel again opens it again, and it
   *     continues where its store left off
   * @return a copy
   */
  public PeerServer<P> channels(
      ChannelSpec spec, Function<? super PeerChannel<P>, ? extends Publisher<Void>> channel) {
    Objects.requireNonNull(spec, "spec");
    Objects.requireNonNull(channel, "channel");
    return with(c -> c.channels = new ServerConfig.Channels<>(spec, channel));
  }

  /**
   * Adds a callback for connections that are refused when they are accepted, and for those whose
   * handshake fails. They are also logged: at debug level where the address or the limits refuse a
   * connection, otherwise at info.
   *
   * @param listener is called on the connection's event loop, after the callbacks that were added
   *     earlier; must not block. Whatever it throws is logged and has no other effect, as with all
   *     callbacks
   * @return a copy
   */
  public PeerServer<P> doOnHandshakeFailure(Consumer<? super HandshakeFailure> listener) {
    return with(c -> c.onHandshakeFailure = c.onHandshakeFailure.plus(listener));
  }

  /**
   * Adds a callback for connections whose peer is authenticated and authorized. It is called before
   * the handler gets the connection; {@link PeerConnection#onDispose()} tells of the connection's
   * end.
   *
   * @param listener is called on the connection's event loop, after the callbacks that were added
   *     earlier; must not block
   * @return a copy
   */
  public PeerServer<P> doOnConnection(Consumer<? super PeerConnection<P>> listener) {
    return with(c -> c.onConnection = c.onConnection.plus(listener));
  }

  /**
   * Adds a callback that is called once the server listens, before {@link #bind()} emits it.
   * Connections may come in already.
   *
   * @param listener is called on the server's event loop, after the callbacks that were added
   *     earlier; must not block
   * @return a copy
   */
  public PeerServer<P> doOnBound(Consumer<? super DisposablePeerServer> listener) {
    return with(c -> c.onBound = c.onBound.plus(listener));
  }

  /**
   * Adds a callback that is called once the server has stopped listening. Connections may still be
   * open; {@link DisposablePeerServer#onDispose()} tells when all are closed.
   *
   * @param listener is called on the server's event loop, after the callbacks that were added
   *     earlier; must not block
   * @return a copy
   */
  public PeerServer<P> doOnUnbound(Consumer<? super DisposablePeerServer> listener) {
    return with(c -> c.onUnbound = c.onUnbound.plus(listener));
  }

  /**
   * Configures Reactor Netty's TCP server, such as its event loops and socket options. The function
   * is called each time that the server starts, with the TCP server as configured so far.
   *
   * @param customizer changes the TCP server
   * @return a copy
   */
  public PeerServer<P> tcp(UnaryOperator<TcpServer> customizer) {
    Objects.requireNonNull(customizer, "customizer");
    UnaryOperator<TcpServer> before = config.tcp;
    return with(c -> c.tcp = tcp -> customizer.apply(before.apply(tcp)));
  }

  /**
   * Records the meters that {@link io.fluxwire.observe.FluxwireMeters} lists.
   *
   * @param registry where they are recorded; by default nothing is
   * @return a copy
   */
  public PeerServer<P> meterRegistry(MeterRegistry registry) {
    return observability(where -> where.withMeters(registry));
  }

  /**
   * Observes handshakes and sessions; a tracer makes spans of them. {@link
   * io.fluxwire.observe.FluxwireObservations} describes the observations.
   *
   * @param registry receives the observations; by default nothing is observed
   * @return a copy
   */
  public PeerServer<P> observationRegistry(ObservationRegistry registry) {
    return observability(where -> where.withObservations(registry));
  }

  /**
   * Adds a listener for each connection of this server: it learns of the handshake, of the peer's
   * identity, of the end and its reason, and, if it asks for that, of the traffic.
   *
   * @param listener is called after the listeners that were added earlier, mostly on event loops;
   *     must not block. Whatever it throws is logged and has no other effect
   * @return a copy
   */
  public PeerServer<P> observe(SessionListener listener) {
    return observability(where -> where.withListener(listener));
  }

  private PeerServer<P> observability(UnaryOperator<Observability> change) {
    return session(spec -> spec.observability(change.apply(spec.observability())));
  }

  private PeerServer<P> session(UnaryOperator<SessionSpec<P>> change) {
    return with(c -> c.session = change.apply(c.session));
  }

  /**
   * Starts to listen. Emits the running server and completes. Errors when the address cannot be
   * bound, with {@link IllegalStateException} when the settings contradict each other, and with
   * whatever the application's code throws meanwhile. After an error, or when it is cancelled
   * before it emits, nothing listens. Each subscription starts another server.
   *
   * @return the start
   */
  public Mono<DisposablePeerServer> bind() {
    NodeIdentity key = config.session.nodeKey();
    Mono<DisposablePeerServer> binding =
        ForeignSource.mono("this node's key", () -> Mono.just(key.id()))
            // The key may be made for it, or asked for in another process: both may block.
            .subscribeOn(config.session.curveScheduler())
            .flatMap(id -> ForeignSource.mono("the start of a server", () -> listen(id)));
    return HandOver.of(binding, DisposablePeerServer::dispose, Schedulers.parallel());
  }

  private Mono<DisposablePeerServer> listen(NodeId id) {
    SessionSpec<P> session = config.session.ownKeys();
    MemoryBudget budget = config.limits.budget(session.observability().bytesHeld());
    SessionSpec<P> own = session.budget(budget);
    ServerConnections connections = new ServerConnections();
    ServerConfig.Channels<P> handled = config.channels;
    if (Bolt8.isSpoken(own)) {
      Bolt8.requireSuited(own);
    }
    ChannelAcceptor<P> channels = handled == null ? null : handled.acceptor(id, own);
    if (channels != null && own.upgrade().mode() == UpgradePolicy.Mode.OFF) {
      throw new IllegalStateException(
          "channels need upgraded sessions, and upgrade(...) has them off");
    }
    if (channels != null && !own.dialects().contains(Dialect.V3)) {
      throw new IllegalStateException("BOLT 8 has no channels: they need Dialect.V3 as well");
    }
    Acceptor<P> acceptor =
        new Acceptor<>(
            config,
            channels == null ? own : own.features(SessionParameters.CHANNEL),
            connections,
            channels);
    Mono<Void> closingChannels = channels == null ? Mono.empty() : channels.close();
    return config
        .listener()
        .bind(acceptor::accept)
        .map(
            listener ->
                new DisposablePeerServer(
                    listener,
                    id,
                    closingChannels,
                    connections,
                    own.keys(),
                    () -> acceptor.usage(budget)))
        .doOnNext(this::announce);
  }

  private void announce(DisposablePeerServer server) {
    config.onBound.tell(server);
    server.onUnbound(() -> config.onUnbound.tell(server));
  }

  /**
   * Starts to listen and waits until it does, for 45 s at most. Blocks: not for an event loop. When
   * it throws, nothing listens.
   *
   * @return the running server
   * @throws IllegalStateException when it does not listen after 45 s; what {@link #bind()} errors
   *     with is thrown as it is
   */
  public DisposablePeerServer bindNow() {
    return bindNow(Blocking.START_TIMEOUT);
  }

  /**
   * As {@link #bindNow()}, with another timeout.
   *
   * @param timeout how long to wait, above zero
   * @return the running server
   * @throws IllegalStateException when it does not listen after that time
   */
  public DisposablePeerServer bindNow(Duration timeout) {
    Duration limit = Arguments.positive("the timeout", timeout);
    return Objects.requireNonNull(
        Blocking.get(bind(), limit, () -> this + " does not listen"), "bind() always emits");
  }

  /** The address to listen on and this node's id; never a secret. */
  @Override
  public String toString() {
    return "PeerServer[%s, %s]".formatted(config.where(), config.session.nodeKey());
  }
}
