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
import io.fluxwire.dial.PeerAddress;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.dial.ReconnectSpec;
import io.fluxwire.handshake.Dialect;
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
import io.fluxwire.request.RequestSpec;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.session.SessionTimeouts;
import io.fluxwire.transport.Connector;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.netty.buffer.ByteBuf;
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
 * specialized.
 *
 * <pre>{@code
 * PeerClient.create(key)
 *     .remote("node.example.org", 9735)
 *     .expect(serverId)
 *     .connect()
 *     .flatMap(peer -> peer.send(packets).then(peer.close()))
 * }</pre>
 *
 * <p>Threads: connections run on Reactor Netty's event loops, which are daemons and shared by the
 * whole process. {@link #tcp} can set other event loops; the application disposes of those itself,
 * after its connections have ended. DNS queries always run on the shared event loops. Curve
 * operations run on {@code fluxwire-curve} threads, which are daemons, too: there are as many as
 * processors, all servers and clients of the process share them, and they end when idle for 10 s.
 *
 * <p>A client and its copies share up to 8 session key pairs that were made ahead. A client is
 * never closed, so unused pairs are not wiped: they stay in memory until the client and its copies
 * are garbage-collected. An unused pair has not protected any data.
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
   * <p>Does not block. The key is generated once for this client and its copies, when the first
   * handshake needs it.
   *
   * @return the client
   */
  public static PeerClient<Pkt> create() {
    return create(PacketCodec.pkt());
  }

  /**
   * A client with the given key, and otherwise the defaults of {@link #create()}.
   *
   * @param key the node's key, or a signer for a key that is kept elsewhere
   * @return the client
   */
  public static PeerClient<Pkt> create(NodeIdentity key) {
    return create(key, PacketCodec.pkt());
  }

  /**
   * A client for the application's own packets, and otherwise with the defaults of {@link
   * #create()}.
   *
   * @param codec how to write and read the packets
   * @param <P> the packet type
   * @return the client
   */
  public static <P> PeerClient<P> create(PacketCodec<P> codec) {
    return create(new ThrowawayKey(), codec);
  }

  /**
   * A client with the given key, for the application's own packets, and otherwise with the defaults
   * of {@link #create()}.
   *
   * @param key the node's key, or a signer for a key that is kept elsewhere
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
   * A client for Lightning nodes of today: by {@link Dialect#BOLT8}, with raw {@linkplain
   * PacketCodec#messages() messages}, and else with the defaults of {@link #create()}. What such
   * nodes expect first is up to the application.
   *
   * @param key the node's key, or what {@linkplain NodeIdentity#agree agrees} on keys with it where
   *     the key is kept elsewhere
   * @return the client, which has to {@linkplain #expect expect} somebody before it dials
   */
  public static PeerClient<ByteBuf> bolt8(NodeIdentity key) {
    return create(key, PacketCodec.messages()).dialect(Dialect.BOLT8);
  }

  /**
   * Adds an address of the peer; all addresses race. The name is resolved anew for each dial, by
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
   * Adds an address of the peer, as {@link #remote(String, int)} does. If the address contains a
   * node id, the client {@linkplain #expect expects} that peer.
   *
   * @param address such as {@code PeerAddress.parse("ID@HOST:PORT")}
   * @return a copy
   */
  public PeerClient<P> remote(PeerAddress address) {
    NodeId id = address.id();
    PeerClient<P> there = remote(address.host(), address.port());
    return id == null ? there : there.expect(id);
  }

  /**
   * Adds an address of the peer; all addresses race.
   *
   * @param address an {@link java.net.InetSocketAddress}, whose name is resolved if it is not yet;
   *     the path of a Unix socket, as a {@link java.net.UnixDomainSocketAddress} or Netty's {@code
   *     DomainSocketAddress}; or an address of another {@link #transport}
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
   * Adds the addresses of a service's servers, as its SRV records name them, with their ports (RFC
   * 2782): for a peer that moves, or one that runs in several places. Each round of a dial asks for
   * the records anew once their time to live is over, or 30 s. Servers of a lower priority value
   * come first, and those of one priority in an order that is drawn by their weights; the names of
   * 32 of them are resolved as those of {@link #remote(String, int)} are. A server whose name is
   * not resolved within 2 s is left out of that dial. As addresses race, IPv6 and IPv4 still take
   * turns, and a server that does not answer within 250 ms competes with the next one.
   *
   * <p>The records themselves are always asked of DNS, also by a client with a {@link #proxy}.
   *
   * @param service the name of the records, such as {@code _fluxwire._tcp.example.org}; in
   *     Kubernetes {@code _PORT._tcp.SERVICE.NAMESPACE.svc.cluster.local} for a named port
   * @return a copy
   */
  public PeerClient<P> remoteService(String service) {
    Objects.requireNonNull(service, "service");
    return with(c -> c.add(service, client -> NAMES.service(service, client)));
  }

  /**
   * Adds addresses of the peer that do not come from DNS but from service discovery, for example,
   * or from a test. Names among them are resolved as those of {@link #remote(String, int)} are.
   *
   * @param source is asked anew for each dial
   * @return a copy
   */
  public PeerClient<P> remote(AddressSource source) {
    String name = source.toString();
    return with(c -> c.add(name, client -> NAMES.source(source, client)));
  }

  /**
   * Replaces sockets with another transport, such as one in memory for tests. {@link #tcp} and
   * {@link #connectTimeout} have no effect on it.
   *
   * @param transport the dialling half of a transport
   * @return a copy
   */
  public PeerClient<P> transport(Connector transport) {
    Objects.requireNonNull(transport, "transport");
    return with(c -> c.connector = transport);
  }

  /**
   * Sets this node's identity.
   *
   * @param key its key, or what signs with it where the key is kept elsewhere
   * @return a copy
   */
  public PeerClient<P> nodeKey(NodeIdentity key) {
    return session(spec -> spec.nodeKey(key));
  }

  /**
   * Sets which IP addresses may be dialled, whether they were given, came from an {@link
   * AddressSource} or were resolved from a name. An attempt to dial any other address fails with
   * {@link Reason#ADDRESS_REFUSED} before a socket is opened. Once a test is set, so does an
   * attempt to dial what has no IP address, such as a Unix socket, since the test could not judge
   * it. A name that a proxy resolves is not tested: the proxy has to do that.
   *
   * @param addresses the test, such as a {@link io.fluxwire.access.CidrList}, or its {@code
   *     negate()}; must not block. It is given addresses in their {@linkplain
   *     io.fluxwire.access.CidrList#canonical(InetAddress) canonical} form, which is also the form
   *     that is dialled. By default every address may be dialled
   * @return a copy
   */
  public PeerClient<P> dialOnly(Predicate<? super InetAddress> addresses) {
    Objects.requireNonNull(addresses, "addresses");
    return with(c -> c.dialable = addresses);
  }

  /**
   * Sets the node id that the peer has to prove. Any other peer is refused, and does not learn this
   * node's id.
   *
   * @param peer its node id
   * @return a copy
   */
  public PeerClient<P> expect(NodeId peer) {
    Objects.requireNonNull(peer, "peer");
    return session(spec -> spec.expected(peer));
  }

  /**
   * Enables requests on each connection: {@link PeerConnection#request} sends them, and the spec's
   * handlers answer those of the peer. Connections that belong to channels have no requests.
   *
   * @param spec how packets ask and answer; the default has no requests
   * @return a copy
   */
  public PeerClient<P> requests(RequestSpec<P> spec) {
    Objects.requireNonNull(spec, "spec");
    return session(session -> session.requests(spec));
  }

  /**
   * Sets how long TCP may take to connect to one address.
   *
   * @param timeout the limit; anything above 24 days counts as 24 days; the default is 10 s
   * @return a copy
   */
  public PeerClient<P> connectTimeout(Duration timeout) {
    TcpClient changed = withConnectTimeout(config.tcp, timeout);
    return with(c -> c.tcp = changed);
  }

  /**
   * Dials by a SOCKS 5 proxy, such as a local Tor, all that is no Unix socket. Names are given to
   * the proxy as they are, and nothing of this process looks them up: so may names that end in
   * {@code .onion}, which only a proxy of Tor's can reach. {@link #dialOnly} tests IP addresses; a
   * name is the proxy's to judge. {@link #connectTimeout} holds for TCP's connection with the proxy
   * and for its answers, each.
   *
   * <p>An attempt fails with {@link Reason#PROXY_UNREACHABLE}, with {@link Reason#PROXY_REFUSED},
   * or, where the proxy does not reach the peer, with {@link Reason#CONNECT_FAILED}.
   *
   * @param proxy the proxy; by default there is none
   * @return a copy
   */
  public PeerClient<P> proxy(SocksProxy proxy) {
    Objects.requireNonNull(proxy, "proxy");
    return with(c -> c.proxy = proxy);
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
   * Sets the dialect of connections.
   *
   * @param spoken the default is {@link Dialect#V3}. {@link Dialect#BOLT8} cannot dial without an
   *     {@linkplain #expect expected} peer, and has no {@linkplain #channel channels}
   * @return a copy
   */
  public PeerClient<P> dialect(Dialect spoken) {
    Objects.requireNonNull(spoken, "spoken");
    return session(spec -> spec.dialects(spoken));
  }

  /**
   * Sets the timeouts that apply once TCP is connected: for the handshake, for closing, and for a
   * peer that sends nothing, reads nothing or does not finish a frame.
   *
   * @param changes changes the timeouts set so far; the default is {@link SessionTimeouts#DEFAULT}
   * @return a copy
   */
  public PeerClient<P> timeouts(UnaryOperator<SessionTimeouts> changes) {
    return session(spec -> spec.timeouts(changes.apply(spec.timeouts())));
  }

  /**
   * Configures Reactor Netty's TCP client: event loops, socket options, proxies, a resolver. The
   * function is called once, now, with the TCP client as configured so far. So whatever it creates
   * is shared by all dials of the client and its copies. Pooling is off and has to stay off: a
   * session is one Netty channel with one set of keys.
   *
   * @param customizer changes the TCP client
   * @return a copy
   */
  public PeerClient<P> tcp(UnaryOperator<TcpClient> customizer) {
    TcpClient changed = Objects.requireNonNull(customizer.apply(config.tcp), "client");
    return with(c -> c.tcp = changed);
  }

  /**
   * Sets how the addresses race: delays, the timers' scheduler (by default one of the client's
   * event loops), the name in messages and events, and the listeners for events.
   *
   * @param customizer changes the spec; the defaults are RFC 8305's
   * @return a copy
   */
  public PeerClient<P> dial(UnaryOperator<DialSpec> customizer) {
    DialSpec changed = Objects.requireNonNull(customizer.apply(config.dial), "spec");
    return with(c -> c.dial = changed);
  }

  /**
   * Adds a callback for the steps of a dial: resolution, attempts, their failures, delays.
   *
   * @param listener is called with one event at a time, on the thread where it happened; must not
   *     block
   * @return a copy
   */
  public PeerClient<P> doOnDial(Consumer<? super DialEvent> listener) {
    return dial(spec -> spec.doOnEvent(listener));
  }

  /**
   * Adds a callback for connections whose peer is authenticated. It is called before {@link
   * #connect()}, {@link #connections()} or a {@link #link()} emits the connection.
   *
   * @param listener is called on the thread that emits the connection, usually its event loop,
   *     after the callbacks that were added earlier; must not block. Whatever it throws is logged
   *     and has no other effect
   * @return a copy
   */
  public PeerClient<P> doOnConnected(Consumer<? super PeerConnection<P>> listener) {
    return with(c -> c.onConnected = c.onConnected.plus(listener));
  }

  /**
   * Adds a callback for the end of each connection that {@link #doOnConnected} was called for.
   * {@link PeerConnection#onClose()} has the reason by then.
   *
   * @param listener is called once the connection is closed, on its event loop, after the callbacks
   *     that were added earlier; must not block. Whatever it throws is logged and has no other
   *     effect
   * @return a copy
   */
  public PeerClient<P> doOnDisconnected(Consumer<? super PeerConnection<P>> listener) {
    return with(c -> c.onDisconnected = c.onDisconnected.plus(listener));
  }

  /**
   * Sets when {@link #connections()} dials again.
   *
   * @param changes changes the spec set so far; the default is {@link ReconnectSpec#create()}:
   *     delays of 1 s to 5 min with full jitter
   * @return a copy
   */
  public PeerClient<P> reconnect(UnaryOperator<ReconnectSpec> changes) {
    ReconnectSpec changed = Objects.requireNonNull(changes.apply(config.reconnect), "spec");
    return with(c -> c.reconnect = changed);
  }

  /**
   * Records the meters that {@link io.fluxwire.observe.FluxwireMeters} lists.
   *
   * @param registry where they are recorded; by default nothing is
   * @return a copy
   */
  public PeerClient<P> meterRegistry(MeterRegistry registry) {
    return observability(where -> where.withMeters(registry));
  }

  /**
   * Observes dials, handshakes and sessions; a tracer makes spans of them. {@link
   * io.fluxwire.observe.FluxwireObservations} describes the observations.
   *
   * @param registry receives the observations; by default nothing is observed
   * @return a copy
   */
  public PeerClient<P> observationRegistry(ObservationRegistry registry) {
    return observability(where -> where.withObservations(registry));
  }

  /**
   * Adds a listener for each connection of this client: it learns of the handshake, of the peer's
   * identity, of the end and its reason, and, if it asks for that, of the traffic.
   *
   * @param listener is called after the listeners that were added earlier, mostly on event loops;
   *     must not block. Whatever it throws is logged and has no other effect
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
   * Dials once: the names are resolved, and the addresses race (RFC 8305) until the peer at one of
   * them has authenticated; the other attempts are closed.
   *
   * <p>Emits the connection and completes. Errors with {@link DialException}, which holds a cause
   * for each address, and with {@link IllegalStateException} when no remote is set, or when the
   * {@linkplain #dialect dialect} needs an {@linkplain #expect expected} peer and none is set. Each
   * subscription dials anew. Cancelling closes all attempts that are under way.
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
   * As {@link #connectNow()}, with another timeout.
   *
   * @param timeout how long to wait, above zero
   * @return the connection
   * @throws IllegalStateException when there is no connection after that time
   */
  public PeerConnection<P> connectNow(Duration timeout) {
    Duration limit = Arguments.positive("the timeout", timeout);
    return Objects.requireNonNull(
        Blocking.get(connect(), limit, () -> this + " is not connected"), "connect() always emits");
  }

  /**
   * The connection publisher. As long as it is subscribed to and there is demand, it dials and
   * emits the connection once the peer has authenticated. When that connection has ended, the
   * publisher resolves and dials again, with the delays that {@link #reconnect} sets. There is one
   * connection at a time.
   *
   * <p>Errors only with a failure that another attempt cannot cure (the wrong node id, a bad
   * signature, an unknown even field; {@link ReconnectSpec#retryIf} decides), and with {@link
   * IllegalStateException} as {@link #connect()} does. Never completes. Cancelling closes the
   * current connection, as {@link PeerConnection#close()} does, and all attempts that are under
   * way. Each subscription has connections of its own. Connections are emitted on the thread that
   * made them, usually their event loop.
   *
   * @return the connections, one after the other
   */
  public Flux<PeerConnection<P>> connections() {
    return connections(Mono.empty());
  }

  /**
   * As {@link #connections()}, but each dial waits for a permission. A {@link
   * io.fluxwire.group.PeerGroup} gives the permission while it has no other connection with the
   * peer.
   *
   * @param permission subscribed to before each dial; the dial starts when the permission
   *     completes; an error of the permission ends the publisher
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
   * Opens a channel, which outlives connections: what is sent arrives in order, however often the
   * connection breaks or either side restarts, for as long as both sides keep their stores. Once
   * open, the channel is kept connected as {@link #reconnect} says, until it is closed.
   *
   * <p>Emits the channel once its store is open, whether there is a connection or not. Errors with
   * {@link io.fluxwire.ChannelException} when the store cannot be opened, and with {@link
   * IllegalStateException} when no remote is set, or no {@linkplain #expect expected} peer: a
   * channel is with one node. The channel ends with {@link io.fluxwire.Reason#CHANNEL_UNSUPPORTED}
   * when the peer offers no channels. The callbacks for connections are not called for the
   * connections of a channel.
   *
   * @param name the channel's name, unique among the channels with that node; 1 to 255 bytes of
   *     UTF-8
   * @param spec where and how the channel is stored
   * @return the channel; each subscription opens it, and only one can have it open at a time
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
    if (Bolt8.isSpoken(config.session)) {
      throw new IllegalStateException("BOLT 8 has no channels: they need dialect(Dialect.V3)");
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
   * Subscribes to {@link #connections()} for request-style code. The link dials from now on, until
   * it is disposed.
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
    if (Bolt8.isSpoken(session)) {
      Bolt8.requireSuited(session);
      if (session.expected() == null) {
        throw new IllegalStateException(
            "BOLT 8 cannot dial a node whose id it does not know: set expect(nodeId) first");
      }
    }
    DialSpec spec = config.dial;
    TcpClient tcp = config.tcp;
    TcpClient resolving = config.resolving();
    Connector connector = config.connector(NAMES);
    return Dial.of(
        onEventLoop(spec.name().isEmpty() ? spec.name(config.names) : spec, tcp),
        config.sources.stream().map(source -> source.apply(resolving)).toList(),
        address -> attempt(connector, session, address));
  }

  private static TcpClient withConnectTimeout(TcpClient client, Duration timeout) {
    return client.option(
        ChannelOption.CONNECT_TIMEOUT_MILLIS,
        Arguments.millis(Arguments.positive("the connect timeout", timeout)));
  }

  /**
   * Timers run on the event loop that signals the socket's events, so that a dial wakes one thread
   * and not three.
   */
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

  /**
   * A name that is still unresolved here is not refused: the proxy or the connector resolves it,
   * and has to judge it.
   */
  private boolean isRefused(SocketAddress address) {
    boolean isName = address instanceof InetSocketAddress socket && socket.isUnresolved();
    return !isName && !Addressed.passes(config.dialable, address);
  }

  /** The addresses that it dials, the peer that it expects and this node's id; never a secret. */
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
