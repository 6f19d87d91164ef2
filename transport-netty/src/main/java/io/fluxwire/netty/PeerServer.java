package io.fluxwire.netty;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.SessionParameters;
import io.fluxwire.access.Authorizer;
import io.fluxwire.channel.ChannelAcceptor;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Blocking;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.HandOver;
import io.fluxwire.netty.internal.UnixSockets;
import io.fluxwire.observe.Observability;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.session.SessionTimeouts;
import io.fluxwire.transport.Listener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
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
 * and specialised.
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
 * <p>Threads: connections run on Reactor Netty's event loops, which the process shares and which
 * are daemons, unless {@link #tcp} gives others; those are the application's to dispose, after the
 * server. Curve operations run on {@code fluxwire-curve} threads: as many as processors, shared by
 * all servers and clients of the process, daemons, and ended when idle for 10 s. So no thread
 * belongs to a server, and none keeps the process alive.
 *
 * <p>Each running server makes up to 8 session key pairs ahead, and wipes those that nobody used
 * when it is disposed.
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
   * <p>Neither blocks nor makes the key: that is made once for this server and its copies, when one
   * of them first starts to listen.
   *
   * @return the server
   */
  public static PeerServer<Pkt> create() {
    return create(PacketCodec.pkt());
  }

  /**
   * A server with a key of its own, and else the defaults of {@link #create()}.
   *
   * @param key the node's key, or what signs with it where the key is kept elsewhere
   * @return the server
   */
  public static PeerServer<Pkt> create(NodeIdentity key) {
    return create(key, PacketCodec.pkt());
  }

  /**
   * A server for the application's own packets, and else with the defaults of {@link #create()}.
   *
   * @param codec how to write and read the packets
   * @param <P> the packet type
   * @return the server
   */
  public static <P> PeerServer<P> create(PacketCodec<P> codec) {
    return create(new ThrowawayKey(), codec);
  }

  /**
   * A server with a key of its own, for the application's own packets, and else with the defaults
   * of {@link #create()}.
   *
   * @param key the node's key, or what signs with it where the key is kept elsewhere
   * @param codec how to write and read the packets
   * @param <P> the packet type
   * @return the server
   */
  public static <P> PeerServer<P> create(NodeIdentity key, PacketCodec<P> codec) {
    return new PeerServer<>(
        new ServerConfig<>(SessionSpec.of(key).codec(codec).upgrade(UpgradePolicy.allowed())));
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
   * Sets where to listen, instead of a host and a port: at the path of a Unix socket, for one.
   *
   * <p>The file of a Unix socket has mode 0600, so that only this process's user can connect to it;
   * change that once the server is bound, if others are to. It is removed when the server is
   * disposed of. One that is there already is replaced if it is stale, that is a socket that
   * refuses connections, as of a process that was killed; else the server does not start. Peers
   * that come this way have no address: {@link PeerConnection#remoteAddress()} gives the path, no
   * {@linkplain #admit test of addresses} passes them, and of the {@linkplain #limits limits} none
   * that is for one address holds for them.
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
   * Sets another transport than sockets, such as one in memory for tests. Where to listen is its
   * affair then, and {@link #tcp} is not asked.
   *
   * @param transport the accepting half of a transport
   * @return a copy
   */
  public PeerServer<P> transport(Listener transport) {
    Objects.requireNonNull(transport, "transport");
    return with(c -> c.listener = transport);
  }

  /**
   * Sets who this node is.
   *
   * @param key its key, or what signs with it where the key is kept elsewhere
   * @return a copy
   */
  public PeerServer<P> nodeKey(NodeIdentity key) {
    return session(spec -> spec.nodeKey(key));
  }

  /**
   * Sets where peers may come from, which is decided at accept, before anything is read, written or
   * computed. A connection from elsewhere is closed at once, and told to {@link
   * #doOnHandshakeFailure} with {@link io.fluxwire.Reason#ADDRESS_REFUSED}; so is one that has no
   * IP address, by a Unix socket, since no test could judge it.
   *
   * @param addresses the test, such as a {@link io.fluxwire.access.CidrList}, or its {@code
   *     negate()}; called on the connection's event loop, must not block. It gets addresses in
   *     their {@linkplain io.fluxwire.access.CidrList#canonical(InetAddress) canonical} form. The
   *     default admits everyone
   * @return a copy
   */
  public PeerServer<P> admit(Predicate<? super InetAddress> addresses) {
    Objects.requireNonNull(addresses, "addresses");
    return with(c -> c.admitted = addresses);
  }

  /**
   * Sets how many connections and handshakes there may be, in all and of one address or network,
   * and how much they may hold.
   *
   * @param changes are made to the limits so far, which are {@link InboundLimits#create()} at first
   * @return a copy
   */
  public PeerServer<P> limits(UnaryOperator<InboundLimits> changes) {
    InboundLimits changed = Objects.requireNonNull(changes.apply(config.limits), "limits");
    return with(c -> c.limits = changed);
  }

  /**
   * Sets who may connect, which is decided once a peer's id is proven.
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
   * Sets how long to wait for what: the handshake, the authorizer, a close, a peer that is silent,
   * takes nothing or does not finish a frame.
   *
   * @param changes are made to the timeouts so far, which are {@link SessionTimeouts#DEFAULT} at
   *     first
   * @return a copy
   */
  public PeerServer<P> timeouts(UnaryOperator<SessionTimeouts> changes) {
    return session(spec -> spec.timeouts(changes.apply(spec.timeouts())));
  }

  /**
   * Sets what to do with each authenticated peer. When the publisher completes, the connection is
   * closed in good order; when it errors, that is logged and the connection is closed at once. With
   * an {@link #observationRegistry} the session's observation is in the publisher's Reactor
   * context.
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
   * Sets what to do with channels, which outlive connections: a peer opens one by dialling it with
   * {@link PeerClient#channel}. Peers that dial without a channel are {@linkplain #handle handled}
   * as before. Needs {@linkplain #upgrade upgraded sessions}. A peer may have {@value
   * ChannelAcceptor#MAX_PER_NODE} open, and all together {@value ChannelAcceptor#MAX_CHANNELS}.
   *
   * @param spec where they are stored, and how
   * @param channel the application's code for one channel, called once for each that is opened, and
   *     not for each connection. When its publisher completes, the channel is closed; when it
   *     errors, that is logged and the channel is closed. A peer that dials again opens it again,
   *     where its store left off
   * @return a copy
   */
  public PeerServer<P> channels(
      ChannelSpec spec, Function<? super PeerChannel<P>, ? extends Publisher<Void>> channel) {
    Objects.requireNonNull(spec, "spec");
    Objects.requireNonNull(channel, "channel");
    return with(c -> c.channels = new ServerConfig.Channels<>(spec, channel));
  }

  /**
   * Adds a callback for connections that are refused at accept, and for those whose peer does not
   * get through the handshake. They are logged besides: at debug level what the address and the
   * limits refuse, else at info.
   *
   * @param listener is told on the connection's event loop, after those before it; must not block.
   *     What it throws is logged and changes nothing else, as with all callbacks
   * @return a copy
   */
  public PeerServer<P> doOnHandshakeFailure(Consumer<? super HandshakeFailure> listener) {
    return with(c -> c.onHandshakeFailure = c.onHandshakeFailure.plus(listener));
  }

  /**
   * Adds a callback for peers that are authenticated and authorized. It is told before the handler
   * gets the connection; the connection's end is in its {@link PeerConnection#onDispose()}.
   *
   * @param listener is told on the connection's event loop, after those before it; must not block
   * @return a copy
   */
  public PeerServer<P> doOnConnection(Consumer<? super PeerConnection<P>> listener) {
    return with(c -> c.onConnection = c.onConnection.plus(listener));
  }

  /**
   * Adds a callback for the start: it is told once the server listens, before {@link #bind()} emits
   * it. Connections may come in already.
   *
   * @param listener is told on the server's event loop, after those before it; must not block
   * @return a copy
   */
  public PeerServer<P> doOnBound(Consumer<? super DisposablePeerServer> listener) {
    return with(c -> c.onBound = c.onBound.plus(listener));
  }

  /**
   * Adds a callback for the end: it is told once the server has stopped to listen. Connections may
   * be open still; {@link DisposablePeerServer#onDispose()} tells when all are closed.
   *
   * @param listener is told on the server's event loop, after those before it; must not block
   * @return a copy
   */
  public PeerServer<P> doOnUnbound(Consumer<? super DisposablePeerServer> listener) {
    return with(c -> c.onUnbound = c.onUnbound.plus(listener));
  }

  /**
   * Sets anything of Reactor Netty's, such as event loops and socket options. The function is
   * applied after what is set before, each time that the server starts.
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
   * Records meters: {@link io.fluxwire.observe.FluxwireMeters} says which.
   *
   * @param registry where to; without one, the default, nothing is recorded
   * @return a copy
   */
  public PeerServer<P> meterRegistry(MeterRegistry registry) {
    return observability(where -> where.withMeters(registry));
  }

  /**
   * Observes handshakes and sessions, of which a tracer makes spans: {@link
   * io.fluxwire.observe.FluxwireObservations}.
   *
   * @param registry is told of them; without one, the default, nothing is observed
   * @return a copy
   */
  public PeerServer<P> observationRegistry(ObservationRegistry registry) {
    return observability(where -> where.withObservations(registry));
  }

  /**
   * Adds a listener that is told of the life of each connection of this server: its handshake, who
   * the peer is, its end and why; and of its traffic, if it asks for that.
   *
   * @param listener is told after those that were added before it, mostly on event loops, and must
   *     not block; whatever it throws is logged and changes nothing
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
   * Starts to listen. Emits the running server and completes; errors when the address cannot be
   * bound, and with what the application's code throws on the way; then nothing listens. Neither
   * does anything once it is cancelled before it emits. Each subscription starts another one.
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
    SessionSpec<P> own = session.budget(config.limits.budget(session.observability().bytesHeld()));
    ServerConnections connections = new ServerConnections();
    ServerConfig.Channels<P> handled = config.channels;
    ChannelAcceptor<P> channels = handled == null ? null : handled.acceptor(id, own);
    if (channels != null && own.upgrade().mode() == UpgradePolicy.Mode.OFF) {
      throw new IllegalStateException(
          "channels need upgraded sessions, and upgrade(...) has them off");
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
                new DisposablePeerServer(listener, id, closingChannels, connections, own.keys()))
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
   * As {@link #bindNow()}, with another bound.
   *
   * @param timeout how long to wait, above zero
   * @return the running server
   * @throws IllegalStateException when it does not listen after that
   */
  public DisposablePeerServer bindNow(Duration timeout) {
    Duration limit = Arguments.positive("the timeout", timeout);
    return Objects.requireNonNull(
        Blocking.get(bind(), limit, () -> this + " does not listen"), "bind() always emits");
  }

  /** Where it is to listen and who it is, never a secret. */
  @Override
  public String toString() {
    return "PeerServer[%s, %s]".formatted(config.where(), config.session.nodeKey());
  }
}
