package io.fluxwire.session;

import io.fluxwire.AuthenticationException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeys;
import io.fluxwire.duplex.ByteDuplex;
import io.fluxwire.frame.Frames;
import io.fluxwire.handshake.Authenticator;
import io.fluxwire.handshake.Authenticator.Authenticated;
import io.fluxwire.handshake.KeyAgreement;
import io.fluxwire.handshake.SessionKeyExchange;
import io.fluxwire.handshake.SessionKeyExchange.Exchanged;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.observe.SessionObserver;
import io.fluxwire.packet.PacketCodec;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.util.context.Context;

/**
 * One run of the stages, from a fresh duplex to an authenticated session, under one deadline.
 * Exactly one of success, failure, deadline and cancel decides it.
 */
final class SessionHandshake<P> {

  private final SessionSpec<P> spec;
  private final ByteDuplex duplex;
  private final Role role;
  private final MonoSink<PeerConnection<P>> sink;
  private final Secp256k1 curve = Secp256k1.preferred();
  private final SessionObserver observer;
  private final Link link;
  private final Disposable.Composite running = Disposables.composite();
  private final AtomicBoolean decided = new AtomicBoolean();

  private volatile @Nullable SessionKeyPair ours;
  private volatile @Nullable SessionKeys keys;
  private volatile @Nullable Authenticated authenticated;
  private volatile String awaited = "the peer's session key";

  SessionHandshake(
      SessionSpec<P> spec, ByteDuplex duplex, Role role, MonoSink<PeerConnection<P>> sink) {
    this.spec = spec;
    this.role = role;
    this.sink = sink;
    this.observer =
        spec.observability()
            .session(role.direction(), duplex.id(), duplex.remoteAddress(), sink.contextView());
    this.duplex = ObservedDuplex.of(duplex, observer);
    this.link = new Link(this.duplex, spec, observer);
  }

  void start() {
    observer.started();
    running.add(
        duplex
            .scheduler()
            .schedule(
                this::timedOut, spec.timeouts().handshake().toMillis(), TimeUnit.MILLISECONDS));
    sink.onCancel(this::cancelled);
    running.add(
        stages()
            .publishOn(duplex.scheduler())
            .subscribe(this::succeeded, this::failed, null, Context.of(sink.contextView())));
  }

  private Mono<PeerSession<P>> stages() {
    return spec.keyPairs()
        .next()
        .doOnNext(pair -> ours = pair)
        .flatMap(
            pair ->
                SessionKeyExchange.exchange(duplex, pair)
                    // The curve's threads get what is to be computed; an end does not queue there.
                    .flatMap(
                        exchanged ->
                            Mono.defer(() -> agree(pair, exchanged))
                                .subscribeOn(spec.curveScheduler())))
        .flatMap(this::authorize)
        // An application's onErrorContinue would leave a refusal to the deadline.
        .onErrorStop();
  }

  private Mono<Authenticated> agree(SessionKeyPair pair, Exchanged exchanged) {
    observer.begin(HandshakeStage.AGREEMENT);
    return Mono.just(exchanged.theirs())
        .transform(KeyAgreement.agree(pair, curve))
        .flatMap(
            agreed -> {
              keys = agreed;
              awaited = "the peer's authenticate";
              observer.begin(HandshakeStage.AUTHENTICATE);
              return authenticate(pair, exchanged, agreed);
            });
  }

  private Mono<Authenticated> authenticate(
      SessionKeyPair pair, Exchanged exchanged, SessionKeys agreed) {
    Authenticator authenticator =
        new Authenticator(spec.nodeKey(), pair.publicKey(), spec.expected(), curve);
    link.start(agreed.sending());
    Mono<Authenticated> verified =
        exchanged
            .frames()
            .transform(
                Frames.open(
                    agreed.receiving(), duplex.allocator(), link.frameTimeout(), link.share()))
            .as(authenticator.verify(spec.curveScheduler()))
            .doOnNext(peer -> authenticated = peer);
    Mono<Boolean> proven = prove(authenticator, exchanged);
    return role == Role.ACCEPTOR
        ? Mono.zip(proven, verified, (ours, peer) -> peer)
        : verified.delayUntil(peer -> proven);
  }

  /** Emits once the proof is on its way, so that nothing can be sent before it. */
  private Mono<Boolean> prove(Authenticator authenticator, Exchanged exchanged) {
    return authenticator
        .prove(exchanged.theirs(), spec.curveScheduler())
        .doOnSubscribe(ignored -> awaited = "this node's signer")
        .map(
            proof -> {
              awaited = "the peer's authenticate";
              // A write that fails ends the link, which ends the input that this waits for.
              link.handshakeSend(Mono.just(proof), PacketCodec.pkt())
                  .subscribe(null, failure -> {});
              return true;
            });
  }

  private Mono<PeerSession<P>> authorize(Authenticated peer) {
    awaited = "the authorizer";
    return decision(peer.peer())
        .defaultIfEmpty(false)
        // Nothing else listens to the connection now.
        .or(link.ended())
        .map(
            allowed -> {
              if (!allowed) {
                throw new AuthenticationException(
                    Reason.NOT_AUTHORIZED, "node " + peer.peer() + " is not authorized here");
              }
              return new PeerSession<>(link, peer.peer(), spec.codec(), peer.payloads());
            });
  }

  private Mono<Boolean> decision(NodeId peer) {
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
                            .formatted(peer, limit.toMillis()))),
            duplex.scheduler());
  }

  private void succeeded(PeerSession<P> session) {
    if (decided.compareAndSet(false, true)) {
      running.dispose();
      // What refers to this lives as long as the session.
      ours = null;
      keys = null;
      observer.up(session.remoteId());
      link.onClose().subscribe(observer::down);
      sink.success(session);
    }
  }

  private void failed(Throwable t) {
    if (decided.compareAndSet(false, true)) {
      PeerException failure = Link.asPeerException(t);
      observer.failed(failure);
      link.fail(failure);
      cleanUp();
      sink.error(failure);
    }
  }

  private void timedOut() {
    failed(
        new PeerTimeoutException(
            Reason.HANDSHAKE_TIMEOUT,
            "the handshake was not done within %d ms: still waiting for %s"
                .formatted(spec.timeouts().handshake().toMillis(), awaited)));
  }

  private void cancelled() {
    if (decided.compareAndSet(false, true)) {
      observer.cancelled();
    }
    link.dispose();
    cleanUp();
  }

  private void cleanUp() {
    running.dispose();
    SessionKeyPair pair = ours;
    if (pair != null) {
      pair.destroy();
    }
    SessionKeys agreed = keys;
    if (agreed != null) {
      agreed.destroy();
    }
    Authenticated peer = authenticated;
    if (peer != null) {
      PeerSession.drop(peer.payloads());
    }
  }
}
