package io.fluxwire.netty;

import io.fluxwire.HandshakeException;
import io.fluxwire.NodeId;
import io.fluxwire.NodeSigner;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.access.Authorizer;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.HandOver;
import io.fluxwire.netty.internal.NettyByteDuplex;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.session.SessionSpec;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.netty.channel.ChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.netty.Connection;
import reactor.netty.tcp.TcpServer;

/**
 * Listens for peers. Immutable: each setter returns a copy, so that a server can be kept, shared
 * and specialised.
 *
 * <pre>{@code
 * DisposablePeerServer server =
 *     PeerServer.create()
 *         .port(9735)
 *         .nodeKey(NodeKey.loadOrCreate(Path.of("node.key")))
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

  private static final Logger LOG = LoggerFactory.getLogger(PeerServer.class);

  private final SessionSpec<P> session;
  private final String host;
  private final int port;
  private final Function<? super PeerConnection<P>, ? extends Publisher<Void>> handler;
  private final BiConsumer<? super SocketAddress, ? super PeerException> onHandshakeFailure;
  private final UnaryOperator<TcpServer> tcp;
  private final @Nullable Predicate<? super InetAddress> admitted;
  private final InboundLimits limits;

  private PeerServer(
      SessionSpec<P> session,
      String host,
      int port,
      Function<? super PeerConnection<P>, ? extends Publisher<Void>> handler,
      BiConsumer<? super SocketAddress, ? super PeerException> onHandshakeFailure,
      UnaryOperator<TcpServer> tcp,
      @Nullable Predicate<? super InetAddress> admitted,
      InboundLimits limits) {
    this.session = session;
    this.host = host;
    this.port = port;
    this.handler = handler;
    this.onHandshakeFailure = onHandshakeFailure;
    this.tcp = tcp;
    this.admitted = admitted;
    this.limits = limits;
  }

  /**
   * A server with the defaults: all interfaces, a free port, {@code Pkt} packets, a throw-away node
   * key, anyone who proves an id, {@link InboundLimits#create()}, 10 s for the handshake, packets
   * read and dropped. Reads the random source, so it may block.
   *
   * @return the server
   */
  public static PeerServer<Pkt> create() {
    return new PeerServer<>(
        SessionSpec.of(NodeKey.generate()),
        "0.0.0.0",
        0,
        peer -> peer.receive().then(),
        PeerServer::logRefusal,
        UnaryOperator.identity(),
        null,
        InboundLimits.create());
  }

  /**
   * Which interface to listen on.
   *
   * @param address a local address or name; the default is all interfaces
   * @return a copy
   */
  public PeerServer<P> host(String address) {
    return new PeerServer<>(
        session, address, port, handler, onHandshakeFailure, tcp, admitted, limits);
  }

  /**
   * Which port to listen on.
   *
   * @param number a TCP port; 0, the default, picks a free one
   * @return a copy
   */
  public PeerServer<P> port(int number) {
    return new PeerServer<>(
        session,
        host,
        Arguments.inRange("the port", number, 0, 65_535),
        handler,
        onHandshakeFailure,
        tcp,
        admitted,
        limits);
  }

  /**
   * Who this node is.
   *
   * @param key its key, or what signs with it where the key is kept elsewhere
   * @return a copy
   */
  public PeerServer<P> nodeKey(NodeSigner key) {
    return with(session.withNodeKey(key));
  }

  /**
   * Where peers may come from, decided at accept, before anything is read, written or computed. A
   * connection from elsewhere is closed at once, and told to {@link #onHandshakeFailure} with
   * {@link io.fluxwire.Reason#ADDRESS_REFUSED}; so is one that has no IP address, by a Unix socket,
   * since no test could judge it.
   *
   * @param addresses the test, such as a {@link io.fluxwire.access.CidrList}, or its {@code
   *     negate()}; called on the connection's event loop, must not block. It gets addresses in
   *     their {@linkplain io.fluxwire.access.CidrList#canonical(InetAddress) canonical} form. The
   *     default admits everyone
   * @return a copy
   */
  public PeerServer<P> admit(Predicate<? super InetAddress> addresses) {
    return new PeerServer<>(
        session,
        host,
        port,
        handler,
        onHandshakeFailure,
        tcp,
        Objects.requireNonNull(addresses, "addresses"),
        limits);
  }

  /**
   * How many connections and handshakes there may be, in all and of one address or network, and how
   * much they may hold.
   *
   * @param changes are made to the limits so far, which are {@link InboundLimits#create()} at first
   * @return a copy
   */
  public PeerServer<P> limits(UnaryOperator<InboundLimits> changes) {
    return new PeerServer<>(
        session,
        host,
        port,
        handler,
        onHandshakeFailure,
        tcp,
        admitted,
        Objects.requireNonNull(changes.apply(limits), "limits"));
  }

  /**
   * Who may connect, decided once a peer's id is proven.
   *
   * @param authorizer the decision; the default lets everyone in
   * @return a copy
   */
  public PeerServer<P> authorize(Authorizer authorizer) {
    return with(session.withAuthorizer(authorizer));
  }

  /**
   * How long the authorizer may take to decide on a peer, within the handshake. A peer that it has
   * not decided on by then is refused with {@link io.fluxwire.Reason#AUTHORIZER_TIMEOUT}.
   *
   * @param timeout the limit; the default is 5 s, zero is as long as the handshake
   * @return a copy
   */
  public PeerServer<P> authorizeTimeout(Duration timeout) {
    return with(session.withTimeouts(session.timeouts().withAuthorizer(timeout)));
  }

  /**
   * How long a handshake may take from accept on, whatever arrives in between.
   *
   * @param timeout the limit; the default is 10 s
   * @return a copy
   */
  public PeerServer<P> handshakeTimeout(Duration timeout) {
    return with(session.withTimeouts(session.timeouts().withHandshake(timeout)));
  }

  /**
   * How long closing a connection waits for what is not written yet.
   *
   * @param timeout the limit; the default is 5 s
   * @return a copy
   */
  public PeerServer<P> drainTimeout(Duration timeout) {
    return with(session.withTimeouts(session.timeouts().withDrain(timeout)));
  }

  /**
   * How long no packet may come or go before the connection is closed.
   *
   * @param timeout the limit; zero, the default, for ever
   * @return a copy
   */
  public PeerServer<P> idleTimeout(Duration timeout) {
    return with(session.withTimeouts(session.timeouts().withIdle(timeout)));
  }

  /**
   * How long the peer may take nothing of what is being written before the connection is closed; 1
   * s more is given for each 256 KiB that are on their way. A peer whose application asks for no
   * packets takes nothing.
   *
   * @param timeout the limit; the default is 20 s, zero is for ever
   * @return a copy
   */
  public PeerServer<P> writeTimeout(Duration timeout) {
    return with(session.withTimeouts(session.timeouts().withWrite(timeout)));
  }

  /**
   * How long the rest of a frame that has started may take, while it is asked for, before the
   * connection is closed.
   *
   * @param timeout the limit; the default is 30 s, zero is for ever
   * @return a copy
   */
  public PeerServer<P> frameTimeout(Duration timeout) {
    return with(session.withTimeouts(session.timeouts().withFrame(timeout)));
  }

  /**
   * The application's packets. Set it before the handler, which it resets.
   *
   * @param codec how to write and read them
   * @param <Q> the packet type
   * @return a copy
   */
  public <Q> PeerServer<Q> codec(PacketCodec<Q> codec) {
    return new PeerServer<>(
        session.withCodec(codec),
        host,
        port,
        peer -> peer.receive().then(),
        onHandshakeFailure,
        tcp,
        admitted,
        limits);
  }

  /**
   * What to do with each authenticated peer. When the publisher completes, the connection is closed
   * in good order; when it errors, that is logged and the connection is closed at once. With an
   * {@link #observationRegistry} the session's observation is in the publisher's Reactor context.
   *
   * @param connection the application's code for one connection, called on its event loop
   * @return a copy
   */
  public PeerServer<P> handle(
      Function<? super PeerConnection<P>, ? extends Publisher<Void>> connection) {
    return new PeerServer<>(
        session, host, port, connection, onHandshakeFailure, tcp, admitted, limits);
  }

  /**
   * What to do when a connection is refused at accept or its peer does not get through the
   * handshake. The default logs it: at debug level what the address and the limits refuse, else at
   * info.
   *
   * @param listener is told where the peer was and why it was refused, on its event loop
   * @return a copy
   */
  public PeerServer<P> onHandshakeFailure(
      BiConsumer<? super SocketAddress, ? super PeerException> listener) {
    return new PeerServer<>(session, host, port, handler, listener, tcp, admitted, limits);
  }

  /**
   * Anything of Reactor Netty's: event loops, socket options. Applied after what is set before.
   *
   * @param customizer changes the TCP server
   * @return a copy
   */
  public PeerServer<P> tcp(UnaryOperator<TcpServer> customizer) {
    return new PeerServer<>(
        session,
        host,
        port,
        handler,
        onHandshakeFailure,
        s -> customizer.apply(tcp.apply(s)),
        admitted,
        limits);
  }

  /**
   * Records meters: {@link io.fluxwire.observe.FluxwireMeters} says which.
   *
   * @param registry where to; without one, the default, nothing is recorded
   * @return a copy
   */
  public PeerServer<P> meterRegistry(MeterRegistry registry) {
    return with(session.withObservability(session.observability().withMeters(registry)));
  }

  /**
   * Observes handshakes and sessions, of which a tracer makes spans: {@link
   * io.fluxwire.observe.FluxwireObservations}.
   *
   * @param registry is told of them; without one, the default, nothing is observed
   * @return a copy
   */
  public PeerServer<P> observationRegistry(ObservationRegistry registry) {
    return with(session.withObservability(session.observability().withObservations(registry)));
  }

  private PeerServer<P> with(SessionSpec<P> spec) {
    return new PeerServer<>(spec, host, port, handler, onHandshakeFailure, tcp, admitted, limits);
  }

  /**
   * Starts to listen. Emits the running server and completes; errors when the address cannot be
   * bound, and with what the application's code throws on the way; then nothing listens. Neither
   * does anything once it is cancelled before it emits. Each subscription starts another one.
   *
   * @return the start
   */
  public Mono<DisposablePeerServer> bind() {
    Mono<DisposablePeerServer> binding =
        ForeignSource.mono("the start of a server", this::listenOnce);
    return HandOver.of(binding, DisposablePeerServer::dispose, Schedulers.parallel());
  }

  private Mono<DisposablePeerServer> listenOnce() {
    Peers peers = new Peers();
    Admission admission = new Admission(limits, System::nanoTime);
    SessionSpec<P> own =
        session.withOwnKeyPairs().withBudget(limits.budget(session.observability().bytesHeld()));
    NodeId id = own.nodeKey().id();
    PeerServer<P> bound = with(own);
    // Reactor Netty unbinds nothing of a start that fails after it is bound, or is given up.
    Disposable.Swap listening = Disposables.swap();
    return tcp.apply(
            TcpServer.create()
                .host(host)
                .port(port)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .doOnBound(listening::update))
        .doOnConnection(connection -> bound.accept(connection, peers, admission))
        .bind()
        .map(listener -> new DisposablePeerServer(listener, id, peers, own.keyPairs()))
        .doOnError(failure -> listening.dispose())
        .doOnCancel(listening::dispose);
  }

  /**
   * Starts to listen and waits until it does. Blocks: not for an event loop. When it throws,
   * nothing listens.
   *
   * @return the running server
   */
  public DisposablePeerServer bindNow() {
    return Objects.requireNonNull(bind().block(), "bind() always emits");
  }

  private void accept(Connection connection, Peers peers, Admission admission) {
    try {
      admit(connection, peers, admission);
    } catch (Throwable thrown) {
      // Of the application's tests of addresses, say: nobody else would close it.
      serveFailed(connection.channel().remoteAddress(), thrown);
      connection.dispose();
    }
  }

  private void admit(Connection connection, Peers peers, Admission admission) {
    SocketAddress from = connection.channel().remoteAddress();
    Sinks.One<PeerConnection<P>> eviction = Sinks.one();
    Admission.Slot slot;
    try {
      slot = admitted(from, admission, () -> evict(connection, eviction));
    } catch (HandshakeException refusal) {
      closeByReset(connection);
      connection.dispose();
      session.observability().refused(refusal.reason());
      tellOfFailure(from, refusal);
      return;
    }
    connection.onDispose(slot::release);
    NettyByteDuplex duplex = NettyByteDuplex.over(connection);
    SocketAddress address = duplex.remoteAddress();
    peers.accepted(duplex);
    session
        .establish(duplex, Role.ACCEPTOR)
        .or(eviction.asMono())
        .doOnTerminate(slot::handshakeDone)
        .doOnError(PeerException.class, failure -> tellOfFailure(address, failure))
        .onErrorComplete(PeerException.class)
        // Served by a subscription of its own, lest the handshake's operators live as long.
        .subscribe(
            peer -> {
              peers.authenticated(duplex, peer);
              serve(peer).subscribe(null, failure -> serveFailed(address, failure));
            },
            failure -> serveFailed(address, failure));
  }

  private void tellOfFailure(SocketAddress address, PeerException failure) {
    Callbacks.run(
        "a listener of handshakes that failed", () -> onHandshakeFailure.accept(address, failure));
  }

  private static void serveFailed(SocketAddress address, Throwable failure) {
    log(() -> LOG.error("serving {} failed", AddressText.of(address), failure));
  }

  /** The log's appenders and filters are the application's. */
  private static void log(Runnable logging) {
    Callbacks.run("the log of a server", logging);
  }

  /** Makes a handshake fail, on its own event loop; also one that has just succeeded ends. */
  private void evict(Connection connection, Sinks.One<PeerConnection<P>> eviction) {
    connection
        .channel()
        .eventLoop()
        .execute(
            () -> {
              closeByReset(connection);
              session.observability().refused(Reason.HANDSHAKE_EVICTED);
              eviction.tryEmitError(
                  new HandshakeException(
                      Reason.HANDSHAKE_EVICTED,
                      "the handshake took long while there was no place for others"));
              connection.dispose();
            });
  }

  /** Whoever floods leaves no closing connections behind here. */
  private static void closeByReset(Connection connection) {
    // The descriptor of one that is closed may be another connection's already.
    if (connection.channel().isOpen()) {
      connection.channel().config().setOption(ChannelOption.SO_LINGER, 0);
    }
  }

  private Admission.Slot admitted(SocketAddress from, Admission admission, Runnable makeWay) {
    SocketAddress canonical = Addressed.canonical(from);
    if (!Addressed.passes(admitted, canonical)) {
      throw new HandshakeException(
          Reason.ADDRESS_REFUSED,
          "connections from " + AddressText.of(from) + " are not admitted here");
    }
    return admission.admit(
        canonical instanceof InetSocketAddress socket ? socket.getAddress() : null, makeWay);
  }

  /** Quietly at the limits of what is let in, where a flood would fill the log. */
  private static void logRefusal(SocketAddress address, PeerException failure) {
    Reason reason = failure.reason();
    boolean frequent =
        reason.origin() == Reason.Origin.LIMIT && reason.stage() == Reason.Stage.CONNECT;
    LOG.atLevel(frequent ? Level.DEBUG : Level.INFO)
        .log("refused {}: {}", AddressText.of(address), failure.getMessage());
  }

  private Mono<Void> serve(PeerConnection<P> peer) {
    Mono<Void> handling = ForeignSource.mono("a handler", () -> Mono.from(handler.apply(peer)));
    return SessionSpec.within(peer, handling)
        .onErrorResume(
            failure -> {
              // That the connection ended under the handler is its normal end, which goes on by
              // itself: the peer may still be hearing why.
              if (!peer.isDisposed()) {
                peer.dispose();
                log(() -> LOG.warn("the handler of {} failed", peer, failure));
              }
              return Mono.empty();
            })
        .then(peer.close());
  }
}
