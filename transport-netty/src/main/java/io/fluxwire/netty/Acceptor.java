package io.fluxwire.netty;

import io.fluxwire.HandshakeException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.channel.ChannelAcceptor;
import io.fluxwire.handshake.Role;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.transport.ByteDuplex;
import io.fluxwire.transport.Listener;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Takes a running server's connections: admits each or resets it, lets its peer authenticate, and
 * hands it to the application's handler. Called on the connections' event loops.
 */
final class Acceptor<P> {

  private static final Logger LOG = LoggerFactory.getLogger(PeerServer.class);

  private final ServerConfig<P> config;
  private final SessionSpec<P> session;
  private final ServerConnections connections;
  private final @Nullable ChannelAcceptor<P> channels;
  private final Admission admission;

  /**
   * Starts with no connection.
   *
   * @param config says what is done with connections
   * @param session the configured one, with what belongs to this run of the server alone
   * @param connections is told of each connection
   * @param channels takes connections that carry channels; null if there are none
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

  /** Never throws: nobody else would close the connection. */
  void accept(Listener.Accepted accepted) {
    try {
      admit(accepted);
    } catch (Throwable thrown) {
      // The application's test of addresses threw, say.
      serveFailed(accepted.from(), thrown);
      accepted.dispose();
    }
  }

  private void admit(Listener.Accepted accepted) {
    SocketAddress from = accepted.from();
    Sinks.One<PeerConnection<P>> eviction = Sinks.one();
    Admission.Slot slot;
    try {
      slot = slotFor(from, () -> evict(accepted, eviction));
    } catch (HandshakeException refusal) {
      accepted.resetOnClose();
      accepted.dispose();
      session.observability().refused(refusal.reason());
      tellOfFailure(from, refusal);
      return;
    }
    try {
      establish(accepted.duplex(), slot, eviction);
    } catch (Throwable thrown) {
      slot.release();
      throw thrown;
    }
  }

  private void establish(
      ByteDuplex duplex, Admission.Slot slot, Sinks.One<PeerConnection<P>> eviction) {
    SocketAddress address = duplex.remoteAddress();
    duplex.onClose().subscribe(null, null, slot::release);
    connections.accepted(duplex);
    session
        .establish(duplex, Role.ACCEPTOR)
        .or(eviction.asMono())
        .doOnTerminate(slot::handshakeDone)
        .doOnError(PeerException.class, failure -> tellOfFailure(address, failure))
        .onErrorComplete(PeerException.class)
        // Served by a subscription of its own, lest the handshake's operators live as long.
        .subscribe(
            peer -> {
              connections.authenticated(duplex, peer);
              if (channels != null && peer.session().hasChannel()) {
                channels.accept(peer);
                return;
              }
              config.onConnection.tell(peer);
              serve(peer).subscribe(null, failure -> serveFailed(address, failure));
            },
            failure -> serveFailed(address, failure));
  }

  private Admission.Slot slotFor(SocketAddress from, Runnable onEviction) {
    SocketAddress canonical = Addressed.canonical(from);
    if (!Addressed.passes(config.admitted, canonical)) {
      throw new HandshakeException(
          Reason.ADDRESS_REFUSED,
          "connections from " + AddressText.of(from) + " are not admitted here");
    }
    return admission.admit(
        canonical instanceof InetSocketAddress socket ? socket.getAddress() : null, onEviction);
  }

  /** Makes a handshake fail, on its own event loop; also one that has just succeeded ends. */
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
                      "the handshake took long while there was no place for others"));
              accepted.dispose();
            });
  }

  private Mono<Void> serve(PeerConnection<P> peer) {
    Mono<Void> handling =
        ForeignSource.mono("a handler", () -> Mono.from(config.handler.apply(peer)));
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

  private void tellOfFailure(SocketAddress address, PeerException cause) {
    HandshakeFailure failure = new HandshakeFailure(address, cause);
    log(() -> LOG.atLevel(level(cause.reason())).log("refused {}", failure));
    config.onHandshakeFailure.tell(failure);
  }

  /** Quietly at the limits of what is let in, where a flood would fill the log. */
  private static Level level(Reason reason) {
    boolean frequent =
        reason.origin() == Reason.Origin.LIMIT && reason.stage() == Reason.Stage.CONNECT;
    return frequent ? Level.DEBUG : Level.INFO;
  }

  private static void serveFailed(SocketAddress address, Throwable failure) {
    log(() -> LOG.error("serving {} failed", AddressText.of(address), failure));
  }

  /** The log's appenders and filters are the application's. */
  private static void log(Runnable logging) {
    Callbacks.run("the log of a server", logging);
  }
}
