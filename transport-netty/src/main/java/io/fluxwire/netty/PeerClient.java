package io.fluxwire.netty;

import static io.fluxwire.observe.dial.DialStage.CONNECT;
import static io.fluxwire.observe.dial.DialStage.HANDSHAKE;

import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnectException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.channel.ChannelDialer;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.dial.AddressSource;
import io.fluxwire.dial.ConnectionHealthMonitor;
import io.fluxwire.dial.ConnectionSource;
import io.fluxwire.dial.Dial;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.dial.DialSpec;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.dial.ReconnectSpec;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Blocking;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.netty.internal.EventLoopScheduler;
import io.fluxwire.netty.internal.UnixSockets;
import io.fluxwire.observe.Observability;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.session.SessionTimeouts;
import io.fluxwire.transport.Connector;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpClientConfig;

/**
 * Dials a peer. Immutable: each setter returns a copy, so that a client can be kept, shared and
 * specialised.
 *
 * <pre>{@code
 * PeerClient.create(key)
 *     .remote("node.example.org", 9735)
 *     .expect(serverId)
 *     .connect()
 *     .flatMap(peer -> peer.send(packets).then(peer.close()))
 * }</pre>
 *
 * <p>Threads: connections run on Reactor Netty's event loops, which the process shares and which
 * are daemons, unless {@link #tcp} gives others; those are the application's to dispose, after its
 * connections. Names are always asked for on the shared ones. Curve operations run on {@code
 * fluxwire-curve} threads: as many as processors, shared by all servers and clients of the process,
 * daemons, and ended when idle for 10 s.
 *
 * <p>A client and its copies share up to 8 session key pairs that were made ahead. They have no end
 * at which those could be wiped: an unused one lives until the clients are garbage, and has
 * protected nothing by then.
 *
 * @param <P> the application's packet type
 */
public final class PeerClient<P> implements ConnectionSource<P> {

  /** The default connect timeout, for each address: 10 s. */
  public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private static final Names NAMES = new Names(Dns.shared());

  private final ClientConfig<P> config;

  private PeerClient(ClientConfig<P> config) {
    this.config = config;
  }

  private PeerClient<P> with(Consumer<ClientConfig<P>> change) {
    ClientConfig<P> changed = new ClientConfig<>(config);
    change.accept(changed);
    return new PeerClient<>(changed);
  }

  /**
   * A client with the defaults: {@code Pkt} packets, a throw-away node key, any peer that proves an
   * id, 10 s to connect to each address and 10 s for the handshake.
   *
   * <p>Neither blocks nor makes the key: that is made once for this client and its copies, when the
   * first handshake needs it.
   *
   * @return the client
   */
  public static PeerClient<Pkt> create() {
    return create(PacketCodec.pkt());
  }

  /**
   * A client with a key of its own, and else the defaults of {@link #create()}.
   *
   * @param key the node's key, or what signs with it where the key is kept elsewhere
   * @return the client
   */
  public static PeerClient<Pkt> create(NodeIdentity key) {
    return create(key, PacketCodec.pkt());
  }

  /**
   * A client for the application's own packets, and else with the defaults of {@link #create()}.
   *
   * @param codec how to write and read the packets
   * @param <P> the packet type
   * @return the client
   */
  public static <P> PeerClient<P> create(PacketCodec<P> codec) {
    return create(new ThrowawayKey(), codec);
  }

  /**
   * A client with a key of its own, for the application's own packets, and else with the defaults
   * of {@link #create()}.
   *
   * @param key the node's key, or what signs with it where the key is kept elsewhere
   * @param codec how to write and read the packets
   * @param <P> the packet type
   * @return the client
   */
  public static <P> PeerClient<P> create(NodeIdentity key, PacketCodec<P> codec) {
    return new PeerClient<>(
        new ClientConfig<>(
            SessionSpec.of(key).codec(codec).upgrade(UpgradePolicy.allowed()),
            withConnectTimeout(
                TcpClient.newConnection()
                    .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .option(ChannelOption.SO_KEEPALIVE, true),
                CONNECT_TIMEOUT)));
  }

  /**
   * Adds a place where the peer is; all places race. The name is resolved anew for each dial, by
   * the operating system's hosts file and DNS, without blocking a thread; DNS answers are cached
   * for their TTL, 30 s at most.
   *
   * @param host a name or an IP address; an IPv6 one may have a scope
   * @param port its TCP port
   * @return a copy
   */
  public PeerClient<P> remote(String host, int port) {
    return remote(InetSocketAddress.createUnresolved(host, port));
  }

  /**
   * Adds a place where the peer is; all places race.
   *
   * @param address resolved, or a name to resolve; the path of a Unix socket, as a {@link
   *     java.net.UnixDomainSocketAddress} or Netty's {@code DomainSocketAddress}; or one that
   *     another {@link #transport} knows
   * @return a copy
   */
  public PeerClient<P> remote(SocketAddress address) {
    if (!(address instanceof InetSocketAddress inet)) {
      return remote(AddressSource.of(UnixSockets.canonical(address)));
    }
    String name = AddressText.of(inet.getHostString(), inet.getPort());
    return with(c -> c.add(name, client -> NAMES.source(inet, client)));
  }

  /**
   * Adds places where the peer is, as something else than DNS knows: service discovery, or a test.
   * Names in what it gives are resolved as those of {@link #remote(String, int)} are.
   *
   * @param source is asked anew for each dial
   * @return a copy
   */
  public PeerClient<P> remote(AddressSource source) {
    String name = source.toString();
    return with(c -> c.add(name, client -> NAMES.source(source, client)));
  }

  /**
   * Sets another transport than sockets, such as one in memory for tests. {@link #tcp} and {@link
   * #connectTimeout} say nothing to it.
   *
   * @param transport the dialling half of a transport
   * @return a copy
   */
  public PeerClient<P> transport(Connector transport) {
    Objects.requireNonNull(transport, "transport");
    return with(c -> c.connector = transport);
  }

  /**
   * Sets who this node is.
   *
   * @param key its key, or what signs with it where the key is kept elsewhere
   * @return a copy
   */
  public PeerClient<P> nodeKey(NodeIdentity key) {
    return session(spec -> spec.nodeKey(key));
  }

  /**
   * Sets which addresses may be dialled, wherever they come from and whatever a name resolves to.
   * An attempt at another fails with {@link Reason#ADDRESS_REFUSED} before a socket is opened. So
   * does one at what is no IP address, such as a Unix socket, since no test could judge it; a name
   * that the proxy resolves is the proxy's to judge.
   *
   * @param addresses the test, such as a {@link io.fluxwire.access.CidrList}, or its {@code
   *     negate()}; must not block. It gets addresses in their {@linkplain
   *     io.fluxwire.access.CidrList#canonical(InetAddress) canonical} form, in which they are
   *     dialled, too. The default passes everything
   * @return a copy
   */
  public PeerClient<P> dialOnly(Predicate<? super InetAddress> addresses) {
    Objects.requireNonNull(addresses, "addresses");
    return with(c -> c.dialable = addresses);
  }

  /**
   * Sets who the peer has to be. Anyone else is refused, and does not learn who this node is.
   *
   * @param peer its node id
   * @return a copy
   */
  public PeerClient<P> expect(NodeId peer) {
    Objects.requireNonNull(peer, "peer");
    return session(spec -> spec.expected(peer));
  }

  /**
   * Sets how long TCP may take to connect to one address.
   *
   * @param timeout the limit, of which more than 24 days are 24 days; the default is 10 s
   * @return a copy
   */
  public PeerClient<P> connectTimeout(Duration timeout) {
    TcpClient changed = withConnectTimeout(config.tcp, timeout);
    return with(c -> c.tcp = changed);
  }

  /**
   * Sets whether and how sessions are upgraded (protocol.md section 9).
   *
   * @param policy whether, with which ciphers, and what else; the default is {@link
   *     UpgradePolicy#allowed()}
   * @return a copy
   */
  public PeerClient<P> upgrade(UpgradePolicy policy) {
    return session(spec -> spec.upgrade(policy));
  }

  /**
   * Sets how long to wait for what once TCP is up: the handshake, a close, a peer that is silent,
   * takes nothing or does not finish a frame.
   *
   * @param changes are made to the timeouts so far, which are {@link SessionTimeouts#DEFAULT} at
   *     first
   * @return a copy
   */
  public PeerClient<P> timeouts(UnaryOperator<SessionTimeouts> changes) {
    return session(spec -> spec.timeouts(changes.apply(spec.timeouts())));
  }

  /**
   * Sets anything of Reactor Netty's: event loops, socket options, proxies, a resolver. Applied
   * once, now, to what is set before, so that what it makes serves all dials of the client and its
   * copies. Pooling is off and has to stay off: a session is one channel with one key set.
   *
   * @param customizer changes the TCP client
   * @return a copy
   */
  public PeerClient<P> tcp(UnaryOperator<TcpClient> customizer) {
    TcpClient changed = Objects.requireNonNull(customizer.apply(config.tcp), "client");
    return with(c -> c.tcp = changed);
  }

  /**
   * Sets how the addresses race: delays, the timers' scheduler (unless set, one of the client's
   * event loops), the name in messages and events, and who is told of events.
   *
   * @param customizer changes the spec; the defaults are RFC 8305's
   * @return a copy
   */
  public PeerClient<P> dial(UnaryOperator<DialSpec> customizer) {
    DialSpec changed = Objects.requireNonNull(customizer.apply(config.dial), "spec");
    return with(c -> c.dial = changed);
  }

  /**
   * Adds a callback for what happens on the way to a connection: resolution, attempts, their
   * failures, delays.
   *
   * @param listener is told one event at a time, on the thread where it happened; must not block
   * @return a copy
   */
  public PeerClient<P> doOnDial(Consumer<? super DialEvent> listener) {
    return dial(spec -> spec.doOnEvent(listener));
  }

  /**
   * Adds a callback for peers that are authenticated. It is told before the connection is emitted,
   * by {@link #connect()}, {@link #connections()} or a {@link #link()}.
   *
   * @param listener is told on the thread that emits the connection, usually its event loop, after
   *     those before it; must not block. What it throws is logged and changes nothing else
   * @return a copy
   */
  public PeerClient<P> doOnConnected(Consumer<? super PeerConnection<P>> listener) {
    return with(c -> c.onConnected = c.onConnected.plus(listener));
  }

  /**
   * Adds a callback for ends of connections that {@link #doOnConnected} tells of; {@link
   * PeerConnection#onClose()} has the reason then.
   *
   * @param listener is told once the connection is closed, on its event loop, after those before
   *     it; must not block. What it throws is logged and changes nothing else
   * @return a copy
   */
  public PeerClient<P> doOnDisconnected(Consumer<? super PeerConnection<P>> listener) {
    return with(c -> c.onDisconnected = c.onDisconnected.plus(listener));
  }

  /**
   * Sets when {@link #connections()} dials again.
   *
   * @param changes are made to the spec so far, which is {@link ReconnectSpec#create()} at first: 1
   *     s to 5 min with full jitter
   * @return a copy
   */
  public PeerClient<P> reconnect(UnaryOperator<ReconnectSpec> changes) {
    ReconnectSpec changed = Objects.requireNonNull(changes.apply(config.reconnect), "spec");
    return with(c -> c.reconnect = changed);
  }

  /**
   * Records meters: {@link io.fluxwire.observe.FluxwireMeters} says which.
   *
   * @param registry where to; without one, the default, nothing is recorded
   * @return a copy
   */
  public PeerClient<P> meterRegistry(MeterRegistry registry) {
    return observability(where -> where.withMeters(registry));
  }

  /**
   * Observes dials, handshakes and sessions, of which a tracer makes spans: {@link
   * io.fluxwire.observe.FluxwireObservations}.
   *
   * @param registry is told of them; without one, the default, nothing is observed
   * @return a copy
   */
  public PeerClient<P> observationRegistry(ObservationRegistry registry) {
    return observability(where -> where.withObservations(registry));
  }

  /**
   * Adds a listener that is told of the life of each connection of this client: its handshake, who
   * the peer is, its end and why; and of its traffic, if it asks for that.
   *
   * @param listener is told after those that were added before it, mostly on event loops, and must
   *     not block; whatever it throws is logged and changes nothing
   * @return a copy
   */
  public PeerClient<P> observe(SessionListener listener) {
    return observability(where -> where.withListener(listener));
  }

  private PeerClient<P> observability(UnaryOperator<Observability> change) {
    Observability changed = change.apply(config.session.observability());
    return with(
        c -> {
          c.session = c.session.observability(changed);
          c.dial = c.dial.observability(changed);
        });
  }

  private PeerClient<P> session(UnaryOperator<SessionSpec<P>> change) {
    return with(c -> c.session = change.apply(c.session));
  }

  /**
   * Dials once: the names are resolved, and their addresses race (RFC 8305) until a peer has
   * authenticated behind one; the others are closed.
   *
   * <p>Emits the connection and completes. Errors with {@link DialException}, which holds a cause
   * for each address, and with {@link IllegalStateException} when there is no remote. Each
   * subscription dials anew. Cancelling closes what is under way and leaves nothing behind.
   *
   * @return the dial
   */
  public Mono<PeerConnection<P>> connect() {
    // An application's onErrorContinue is for its own operators.
    return Mono.defer(() -> dialer().once()).doOnNext(this::announce).onErrorStop();
  }

  /**
   * Dials once, as {@link #connect()}, and waits for the connection, for 45 s at most. Blocks: not
   * for an event loop. When it throws, there is no connection.
   *
   * @return the connection
   * @throws IllegalStateException when there is none after 45 s; what {@link #connect()} errors
   *     with is thrown as it is
   */
  public PeerConnection<P> connectNow() {
    return connectNow(Blocking.START_TIMEOUT);
  }

  /**
   * As {@link #connectNow()}, with another bound.
   *
   * @param timeout how long to wait, above zero
   * @return the connection
   * @throws IllegalStateException when there is none after that
   */
  public PeerConnection<P> connectNow(Duration timeout) {
    Duration limit = Arguments.positive("the timeout", timeout);
    return Objects.requireNonNull(
        Blocking.get(connect(), limit, () -> this + " is not connected"), "connect() always emits");
  }

  /**
   * The connection publisher: as long as it is subscribed to and there is demand, it dials, emits
   * the connection once the peer has authenticated, and after the connection's end dials again,
   * resolving anew, as {@link #reconnect} says. There is one connection at a time.
   *
   * <p>Errors only with what another attempt cannot cure (the wrong node id, a bad signature, an
   * unknown even field; {@link ReconnectSpec#retryIf} decides), and with {@link
   * IllegalStateException} when there is no remote; never completes. Cancelling closes the current
   * connection, as {@link PeerConnection#close()} does, and all that is under way. Each
   * subscription is a publisher of its own. Connections are emitted on the thread that made them,
   * usually their event loop.
   *
   * @return the connections, one after the other
   */
  public Flux<PeerConnection<P>> connections() {
    return connections(Mono.empty());
  }

  /**
   * As {@link #connections()}, but each round waits for a permission. A {@link
   * io.fluxwire.group.PeerGroup} gives it while the peer is not connected by another way.
   *
   * @param permission subscribed to before each round, which starts when it completes; its error
   *     ends the publisher
   * @return the connections, one after the other
   */
  @Override
  public Flux<PeerConnection<P>> connections(Publisher<?> permission) {
    return Flux.defer(() -> dialer().repeatedly(config.reconnect, permission))
        .doOnNext(this::announce)
        .onErrorStop();
  }

  private void announce(PeerConnection<P> connection) {
    config.onConnected.tell(connection);
    if (!config.onDisconnected.isEmpty()) {
      SessionSpec.endOf(connection).subscribe(why -> config.onDisconnected.tell(connection));
    }
  }

  /**
   * Opens a channel, which outlives connections: what is sent arrives in order however often the
   * connection breaks or either side starts again, for as long as both sides keep their stores.
   * From then on it is kept connected as {@link #reconnect} says, until it is closed.
   *
   * <p>Emits the channel once its store is open, whether there is a connection or not. Errors with
   * {@link io.fluxwire.ChannelException} when the store cannot be opened, and with {@link
   * IllegalStateException} when there is no remote, or no {@linkplain #expect expected} peer: a
   * channel is with one node. The channel ends with {@link io.fluxwire.Reason#CHANNEL_UNSUPPORTED}
   * when the peer offers no channels. Callbacks for connections are not called for a channel's.
   *
   * @param name which of the channels with that node; 1 to 255 bytes of UTF-8
   * @param spec where it is stored, and how
   * @return the channel; each subscription opens it, which one at a time can
   */
  public Mono<PeerChannel<P>> channel(String name, ChannelSpec spec) {
    Objects.requireNonNull(spec, "spec");
    return Mono.defer(() -> openChannel(ChannelFrame.requireName(name), spec)).onErrorStop();
  }

  private Mono<PeerChannel<P>> openChannel(String name, ChannelSpec spec) {
    NodeId peer = config.session.expected();
    if (peer == null) {
      throw new IllegalStateException("a channel is with one node: set expect(nodeId) first");
    }
    SessionSpec<P> session =
        config
            .session
            .features(SessionParameters.CHANNEL)
            .upgrade(config.session.upgrade().mode(UpgradePolicy.Mode.REQUIRED));
    Dial<P> dial = dialer(session);
    NodeIdentity own = session.nodeKey();
    return ForeignSource.mono("this node's key", () -> Mono.just(own.id()))
        // The key may be made for it, or asked for in another process: both may block.
        .subscribeOn(session.curveScheduler())
        .flatMap(
            id ->
                ChannelDialer.open(
                    new ChannelKey(id, peer, name),
                    spec.observability(session.observability()),
                    session.codec(),
                    dial.repeatedly(config.reconnect)));
  }

  /**
   * {@link #connections()} for request-style code. Dials from now on, until the link is disposed.
   *
   * @return the link
   */
  public PeerLink<P> link() {
    ConnectionHealthMonitor monitor = new ConnectionHealthMonitor();
    return PeerLink.keep(doOnDial(monitor).connections(), monitor);
  }

  private Dial<P> dialer() {
    return dialer(config.session);
  }

  private Dial<P> dialer(SessionSpec<P> session) {
    if (config.sources.isEmpty()) {
      throw new IllegalStateException("nowhere to dial: set remote(host, port) first");
    }
    DialSpec spec = config.dial;
    TcpClient tcp = config.tcp;
    Connector connector = config.connector();
    return Dial.of(
        onEventLoop(spec.name().isEmpty() ? spec.name(config.names) : spec, tcp),
        config.sources.stream().map(source -> source.apply(tcp)).toList(),
        address -> attempt(connector, session, address));
  }

  private static TcpClient withConnectTimeout(TcpClient client, Duration timeout) {
    return client.option(
        ChannelOption.CONNECT_TIMEOUT_MILLIS,
        Arguments.millis(Arguments.positive("the connect timeout", timeout)));
  }

  /** Timers run where sockets signal, so that a dial wakes one thread and not three. */
  private static DialSpec onEventLoop(DialSpec spec, TcpClient client) {
    if (spec.scheduler() != Schedulers.parallel()) {
      return spec;
    }
    TcpClientConfig config = client.configuration();
    EventLoop loop = config.loopResources().onClient(config.isPreferNative()).next();
    return spec.scheduler(new EventLoopScheduler(loop));
  }

  private Mono<PeerConnection<P>> attempt(
      Connector connector, SessionSpec<P> session, SocketAddress address) {
    if (isRefused(address)) {
      return Mono.error(
          new PeerConnectException(
              Reason.ADDRESS_REFUSED,
              "this address may not be dialled: " + AddressText.of(address)));
    }
    return connector
        .connect(address)
        .transform(connecting -> session.observability().timed(CONNECT, address, connecting))
        .flatMap(
            duplex ->
                session
                    .observability()
                    .timed(HANDSHAKE, address, session.establish(duplex, Role.DIALER)));
  }

  /** A name that is left is the proxy's to judge, which resolves it, or the connector's. */
  private boolean isRefused(SocketAddress address) {
    boolean isName = address instanceof InetSocketAddress socket && socket.isUnresolved();
    return !isName && !Addressed.passes(config.dialable, address);
  }

  /** Where and whom it dials and who it is, never a secret. */
  @Override
  public String toString() {
    NodeId peer = config.session.expected();
    return "PeerClient[to %s at %s, %s]"
        .formatted(
            peer == null ? "anyone" : peer,
            config.names.isEmpty() ? "no address" : config.names,
            config.session.nodeKey());
  }
}
