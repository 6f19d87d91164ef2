package io.fluxwire.netty;

import io.fluxwire.HandshakeException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.channel.ChannelAcceptor;
import io.fluxwire.handshake.Role;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.memory.MemoryBudget;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.transport.ByteDuplex;
import io.fluxwire.transport.Listener;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Processes a running server's connections: admits each one or resets it, authenticates its peer,
 * and hands it to the application's handler. Called on the connections' event loops.
 */
final class Acceptor<P> {

  private static final Logger LOG = LoggerFactory.getLogger(PeerServer.class);

  /** The text for the peer: the failure itself may contain what the peer must not learn. */
  private static final String HANDLER_FAILED = "the application failed";

  private final ServerConfig<P> config;
  private final SessionSpec<P> session;
  private final ServerConnections connections;
  private final @Nullable ChannelAcceptor<P> channels;
  private final Admission admission;
  private final LimitLog limitLog = new LimitLog(System::nanoTime);

  /**
   * Starts with no connection.
   *
   * @param config the server's settings
   * @param session the configured session spec, with the parts that belong to this run of the
   *     server only
   * @param connections keeps track of all connections
   * @param channels accepts connections that carry channels; null if there are no channels
   */
  Acceptor(
      ServerConfig<P> config,
      SessionSpec<P> session,
      ServerConnections connections,
      @Nullable ChannelAcceptor<P> channels) {
    this.channels = channels;
    this.config = config;
    this.session = session;
    this.connections = connections;
    this.admission = new Admission(config.limits, System::nanoTime);
  }

  /** How many slots are taken, and what connections hold of a budget; null without one. */
  InboundUsage usage(@Nullable MemoryBudget budget) {
    return admission.usage(budget);
  }

  /** Never throws: nobody else would close the connection. */
  void accept(Listener.Accepted accepted) {
    try {
      admit(accepted);
    } catch (Throwable thrown) {
      // For example, the application's test of addresses threw.
      serveFailed(accepted.from(), thrown);
      accepted.dispose();
    }
  }

  private void admit(Listener.Accepted accepted) {
    SocketAddress from = accepted.from();
    boolean proxied = isProxy(Addressed.canonical(from));
    Sinks.One<PeerConnection<P>> eviction = Sinks.one();
    Runnable onEviction = () -> evict(accepted, eviction);
    Admission.Slot slot;
    try {
      requireNotDraining();
      slot = proxied ? admission.admitUnidentified(onEviction) : slotFor(from, onEviction);
    } catch (HandshakeException refusal) {
      refuse(accepted, refusal);
      tellOfFailure(from, refusal);
      return;
    }
    try {
      ByteDuplex duplex = accepted.duplex();
      duplex.onClose().subscribe(null, null, slot::release);
      connections.accepted(duplex);
      Inbound<P> inbound = new Inbound<>(accepted, duplex, slot, eviction);
      Mono<PeerConnection<P>> handshake =
          proxied ? forwarded(inbound) : session.establish(duplex, Role.ACCEPTOR);
      establish(inbound, handshake);
    } catch (Throwable thrown) {
      slot.release();
      throw thrown;
    }
  }

  private boolean isProxy(SocketAddress canonical) {
    return config.proxies != null && Addressed.passes(config.proxies, canonical);
  }

  /** A connection that is refused before its handshake; a flood of them must leave nothing. */
  private void refuse(Listener.Accepted accepted, PeerException refusal) {
    accepted.resetOnClose();
    accepted.dispose();
    session.observability().refused(refusal.reason());
  }

  /** A connection whose handshake is under way. */
  private static final class Inbound<P> {

    private final Listener.Accepted accepted;
    private final ByteDuplex duplex;
    private final Admission.Slot slot;
    private final Sinks.One<PeerConnection<P>> eviction;

    /** The address that it comes from, as far as it is known. */
    private SocketAddress address;

    Inbound(
        Listener.Accepted accepted,
        ByteDuplex duplex,
        Admission.Slot slot,
        Sinks.One<PeerConnection<P>> eviction) {
      this.accepted = accepted;
      this.duplex = duplex;
      this.slot = slot;
      this.eviction = eviction;
      this.address = duplex.remoteAddress();
    }
  }

  /**
   * The handshake of a connection that comes from a proxy, once its header has said whose it is and
   * that address is admitted; empty for a health check. One timeout is for both.
   */
  private Mono<PeerConnection<P>> forwarded(Inbound<P> inbound) {
    Scheduler scheduler = inbound.duplex.scheduler();
    Duration limit = session.timeouts().handshake();
    long start = scheduler.now(TimeUnit.MILLISECONDS);
    return ProxyHeader.read(inbound.duplex)
        .timeout(limit, Mono.error(() -> headerTimeout(limit)), scheduler)
        .flatMap(
            source -> ForeignSource.mono("a test of addresses", () -> identify(inbound, source)))
        .doOnError(PeerException.class, refusal -> refuse(inbound.accepted, refusal))
        .switchIfEmpty(Mono.fromRunnable(() -> checkedHealth(inbound)))
        .flatMap(
            source -> {
              long left = limit.toMillis() - (scheduler.now(TimeUnit.MILLISECONDS) - start);
              Duration timeout = Duration.ofMillis(Math.max(1, left));
              return session
                  .timeouts(session.timeouts().handshake(timeout))
                  .establish(new ProxiedDuplex(inbound.duplex, source), Role.ACCEPTOR);
            });
  }

  private static <P> void checkedHealth(Inbound<P> inbound) {
    log(() -> LOG.debug("a health check by {}", AddressText.of(inbound.address)));
    inbound.accepted.dispose();
  }

  private static PeerTimeoutException headerTimeout(Duration limit) {
    return new PeerTimeoutException(
        Reason.HANDSHAKE_TIMEOUT,
        "the handshake was not done within %d ms: still waiting for the proxy's header"
            .formatted(limit.toMillis()));
  }

  private Mono<SocketAddress> identify(Inbound<P> inbound, SocketAddress source) {
    inbound.address = source;
    SocketAddress canonical = Addressed.canonical(source);
    requireAdmitted(canonical);
    admission.identify(inbound.slot, ip(canonical));
    return Mono.just(source);
  }

  private void establish(Inbound<P> inbound, Mono<PeerConnection<P>> handshake) {
    handshake
        .or(inbound.eviction.asMono())
        .doOnTerminate(inbound.slot::handshakeDone)
        .doOnError(PeerException.class, failure -> tellOfFailure(inbound.address, failure))
        .onErrorComplete(PeerException.class)
        // The connection is served by a subscription of its own, so that the handshake's operators
        // do not live as long as the connection.
        .subscribe(
            peer -> established(inbound.duplex, peer),
            failure -> {
              // For example, the application's test of addresses threw.
              serveFailed(inbound.address, failure);
              inbound.accepted.dispose();
            });
  }

  private void established(ByteDuplex duplex, PeerConnection<P> peer) {
    connections.authenticated(duplex, peer);
    if (!mayStay(peer)) {
      peer.close().subscribe();
      return;
    }
    if (channels != null && peer.session().hasChannel()) {
      channels.accept(peer);
      return;
    }
    config.onConnection.tell(peer);
    SocketAddress address = peer.remoteAddress();
    serve(peer).subscribe(null, failure -> serveFailed(address, failure));
  }

  private boolean mayStay(PeerConnection<P> peer) {
    try {
      return session.authorizer().mayStay(peer.remoteId());
    } catch (Throwable thrown) {
      Callbacks.report("an authorizer", thrown);
      return false;
    }
  }

  private Admission.Slot slotFor(SocketAddress from, Runnable onEviction) {
    SocketAddress canonical = Addressed.canonical(from);
    requireAdmitted(canonical);
    return admission.admit(ip(canonical), onEviction);
  }

  private void requireNotDraining() {
    if (config.draining.getAsBoolean()) {
      throw new HandshakeException(
          Reason.DRAINING, "this node is being drained and takes no new connections");
    }
  }

  private void requireAdmitted(SocketAddress canonical) {
    if (!Addressed.passes(config.admitted, canonical)) {
      throw new HandshakeException(
          Reason.ADDRESS_REFUSED,
          "connections from " + AddressText.of(canonical) + " are not admitted here");
    }
  }

  /** Null for what has none, such as a Unix socket. */
  private static @Nullable InetAddress ip(SocketAddress canonical) {
    return canonical instanceof InetSocketAddress socket ? socket.getAddress() : null;
  }

  /**
   * Makes a handshake fail, on its own event loop. A handshake that has just succeeded is ended,
   * too.
   */
  private void evict(Listener.Accepted accepted, Sinks.One<PeerConnection<P>> eviction) {
    accepted
        .scheduler()
        .schedule(
            () -> {
              accepted.resetOnClose();
              session.observability().refused(Reason.HANDSHAKE_EVICTED);
              eviction.tryEmitError(
                  new HandshakeException(
                      Reason.HANDSHAKE_EVICTED,
                      "a limit was reached, and this handshake had taken the longest"));
              accepted.dispose();
            });
  }

  private Mono<Void> serve(PeerConnection<P> peer) {
    Mono<Void> handling =
        ForeignSource.mono("a handler", () -> Mono.from(config.handler.apply(peer)));
    return SessionSpec.within(peer, handling)
        .onErrorResume(
            failure -> {
              // If the connection ended while the handler ran, it closes by itself and must not be
              // closed here: the peer may still be being told why.
              if (peer.isDisposed() && failure instanceof PeerException) {
                return Mono.empty();
              }
              log(() -> LOG.warn("the handler of {} failed", peer, failure));
              return peer.closeWithError(HANDLER_FAILED);
            })
        .then(peer.close());
  }

  private void tellOfFailure(SocketAddress address, PeerException cause) {
    HandshakeFailure failure = new HandshakeFailure(address, cause);
    log(() -> logRefusal(failure, cause.reason()));
    config.onHandshakeFailure.tell(failure);
  }

  /** Refusals by address are logged at debug level, since a flood of them would fill the log. */
  private void logRefusal(HandshakeFailure failure, Reason reason) {
    if (reason == Reason.ADDRESS_REFUSED) {
      LOG.debug("refused {}", failure);
    } else if (reason.origin() == Reason.Origin.LIMIT && reason.stage() == Reason.Stage.CONNECT) {
      limitLog.refused(failure);
    } else {
      LOG.info("refused {}", failure);
    }
  }

  private static void serveFailed(SocketAddress address, Throwable failure) {
    log(() -> LOG.error("serving {} failed", AddressText.of(address), failure));
  }

  /** The log's appenders and filters are the application's code and may throw. */
  private static void log(Runnable logging) {
    Callbacks.run("the log of a server", logging);
  }
}
