package io.fluxwire.session;

import io.fluxwire.AuthenticationException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.access.Candidate;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.record.ControlSealer;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.WireLog;
import io.fluxwire.request.RequestSpec;
import io.fluxwire.transport.ByteDuplex;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.util.context.Context;

/**
 * Makes a session of a fresh duplex: runs the handshake and the authorizer under one deadline.
 * Exactly one of success, failure, deadline and cancel decides it, on the duplex's scheduler but
 * for a cancel.
 */
final class Establishment<P> {

  private final SessionSpec<P> spec;
  private final ByteDuplex duplex;
  private final Role role;
  private final MonoSink<PeerConnection<P>> sink;
  private final ObservedSession observed;
  private final SessionListener listener;
  private final Endpoint endpoint;
  private final Handshake.Run handshake;
  private final Disposable.Composite running = Disposables.composite();
  private final AtomicBoolean decided = new AtomicBoolean();

  /** What the handshake gave, until a session has it. */
  private volatile @Nullable Secured secured;

  Establishment(
      SessionSpec<P> spec,
      Handshake handshake,
      ByteDuplex duplex,
      Role role,
      MonoSink<PeerConnection<P>> sink) {
    this.spec = spec;
    this.role = role;
    this.sink = sink;
    this.observed =
        new ObservedSession(duplex, role.direction(), spec.observability(), sink.contextView());
    this.listener = observed.listener();
    WireLog wire = ObservedDuplex.wireLog(observed, handshake);
    this.duplex = ObservedDuplex.of(duplex, observed, wire);
    this.endpoint = new Endpoint(this.duplex, spec, observed);
    this.handshake =
        handshake.over(this.duplex, role, endpoint.readLimits(this::failed), this::stageStarted);
    this.handshake.wireLog(wire);
  }

  void start() {
    listener.onHandshakeStarted(observed);
    stageStarted(HandshakeStage.EXCHANGE);
    try {
      run();
    } catch (Throwable thrown) {
      // The duplex's threads may have ended, and a subscriber's context is the application's code.
      Callbacks.reportFatal("a handshake", thrown);
      failed(thrown);
    }
  }

  private void run() {
    running.add(
        duplex
            .scheduler()
            .schedule(
                this::timedOut, spec.timeouts().handshake().toMillis(), TimeUnit.MILLISECONDS));
    sink.onCancel(this::cancelled);
    running.add(
        handshake
            .secure()
            .doOnNext(this::hold)
            .flatMap(this::authorize)
            // An application's onErrorContinue would swallow a refusal, and only the deadline would
            // end it.
            .onErrorStop()
            .publishOn(duplex.scheduler())
            .subscribe(this::succeeded, this::failed, null, Context.of(sink.contextView())));
  }

  private void stageStarted(HandshakeStage stage) {
    if (!decided.get()) {
      listener.onHandshakeStage(observed, stage);
    }
  }

  private synchronized void hold(Secured done) {
    if (decided.get()) {
      done.destroy();
    } else {
      secured = done;
    }
  }

  private Mono<Secured> authorize(Secured done) {
    return decision(Candidate.of(done.peer(), duplex.remoteAddress()))
        .defaultIfEmpty(false)
        // Nobody reads now, so nothing else notices that the connection ends.
        .or(endpoint.ended())
        .map(
            allowed -> {
              if (!allowed) {
                throw new AuthenticationException(
                    Reason.NOT_AUTHORIZED, "node " + done.peer() + " is not authorized here");
              }
              return done;
            });
  }

  private Mono<Boolean> decision(Candidate peer) {
    Mono<Boolean> decision =
        ForeignSource.mono("the authorizer", () -> spec.authorizer().authorize(peer));
    Duration limit = spec.timeouts().authorizer();
    return limit.isZero()
        ? decision
        : decision.timeout(
            limit,
            Mono.error(
                () ->
                    new PeerTimeoutException(
                        Reason.AUTHORIZER_TIMEOUT,
                        "the authorizer did not decide on node %s within %d ms"
                            .formatted(peer.id(), limit.toMillis()))),
            duplex.scheduler());
  }

  private void succeeded(Secured done) {
    if (decided.compareAndSet(false, true)) {
      running.dispose();
      // A subscriber that keeps its subscription keeps this object, by onCancel. This object must
      // not keep the keys alive with it.
      secured = null;
      endpoint.start(done.sealer());
      if (role == Role.ACCEPTOR) {
        // Before all else, so that nothing of the peer's is acted on before that is said.
        endpoint.outbound().say(ControlSealer::ready, () -> {});
      }
      PeerSession<P> session = new PeerSession<>(endpoint, spec, done);
      observed.established(done.peer(), done.parameters());
      tellOfEnd(endpoint, listener, observed);
      sink.success(withRequests(session));
    }
  }

  private PeerConnection<P> withRequests(PeerSession<P> session) {
    RequestSpec<P> requests = spec.requests();
    return requests == null || session.session().hasChannel()
        ? session
        : requests.over(
            session, duplex.scheduler(), observed.traffic(), session.within(Context.empty()));
  }

  /** Static, since this subscriber lives as long as the session, and an Establishment must not. */
  private static void tellOfEnd(
      Endpoint endpoint, SessionListener listener, ObservedSession observed) {
    endpoint.lifecycle().onRelease().subscribe(why -> listener.onClosed(observed, why));
  }

  private void failed(Throwable t) {
    if (decided.compareAndSet(false, true)) {
      running.dispose();
      PeerException failure = SessionFailures.of(t);
      listener.onHandshakeFailed(observed, failure);
      RecordSealer sealer = release();
      if (sealer != null) {
        endpoint.start(sealer);
      }
      endpoint.lifecycle().fail(failure);
      sink.error(failure);
    }
  }

  private void timedOut() {
    String awaited = secured == null ? handshake.awaited() : "the authorizer";
    failed(
        new PeerTimeoutException(
            Reason.HANDSHAKE_TIMEOUT,
            "the handshake was not done within %d ms: still waiting for %s"
                .formatted(spec.timeouts().handshake().toMillis(), awaited)));
  }

  private void cancelled() {
    if (decided.compareAndSet(false, true)) {
      listener.onHandshakeCancelled(observed);
      running.dispose();
      destroyOnLoop();
    }
    endpoint.lifecycle().dispose();
  }

  /** The event loop may be opening a record, which needs the keys until it is done. */
  private void destroyOnLoop() {
    try {
      duplex.scheduler().schedule(this::destroy);
    } catch (RejectedExecutionException e) {
      destroy();
    }
  }

  private void destroy() {
    RecordSealer sealer = release();
    if (sealer != null) {
      sealer.destroy();
    }
  }

  /** Destroys what the handshake gave, but for the sealer, which can still tell the peer why. */
  private synchronized @Nullable RecordSealer release() {
    Secured unused = secured;
    if (unused == null) {
      return handshake.release();
    }
    secured = null;
    unused.opener().destroy();
    return unused.sealer();
  }
}
