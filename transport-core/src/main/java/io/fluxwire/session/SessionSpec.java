package io.fluxwire.session;

import io.fluxwire.NodeId;
import io.fluxwire.NodeSigner;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.access.Authorizer;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPairs;
import io.fluxwire.duplex.ByteDuplex;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.v3.V3Handshake;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.HandOver;
import io.fluxwire.memory.ByteBudget;
import io.fluxwire.observe.Observability;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.RecordSuite;
import io.fluxwire.record.v3.Frames;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * How to make a session of a byte duplex. Immutable: each setter returns a copy.
 *
 * @param nodeKey this node's key, or what signs with it
 * @param codec the application's packets
 * @param expected who the peer has to be; null for anyone
 * @param authorizer decides on the peer once its id is proven
 * @param timeouts how long to wait for what
 * @param curveScheduler where curve operations run; may block, since it reads the random source
 * @param keyPairs this side's session key pairs
 * @param observability where meters and traces go
 * @param budget what this and other sessions may hold together; null for no bound
 * @param <P> the packet type
 */
public record SessionSpec<P>(
    NodeSigner nodeKey,
    PacketCodec<P> codec,
    @Nullable NodeId expected,
    Authorizer authorizer,
    SessionTimeouts timeouts,
    Scheduler curveScheduler,
    SessionKeyPairs keyPairs,
    Observability observability,
    @Nullable ByteBudget budget) {

  /** As many threads as processors: they step aside for the event loops after each operation. */
  private static final Scheduler CURVE =
      Schedulers.fromExecutorService(
          new CurveExecutor(Runtime.getRuntime().availableProcessors(), CurveExecutor.KEEP_ALIVE),
          "fluxwire-curve");

  /** Checks that all is there. */
  public SessionSpec {
    Objects.requireNonNull(nodeKey, "nodeKey");
    Objects.requireNonNull(codec, "codec");
    Objects.requireNonNull(authorizer, "authorizer");
    Objects.requireNonNull(timeouts, "timeouts");
    Objects.requireNonNull(curveScheduler, "curveScheduler");
    Objects.requireNonNull(keyPairs, "keyPairs");
    Objects.requireNonNull(observability, "observability");
  }

  /**
   * The defaults: {@code Pkt} packets, anyone who proves an id, {@link SessionTimeouts#DEFAULT},
   * curve operations on threads of their own, shared by all sessions: as many as processors,
   * daemons that end when they are idle for 10 s; no meters and no traces.
   *
   * @param nodeKey this node's key, or what signs with it
   * @return the spec
   */
  public static SessionSpec<Pkt> of(NodeSigner nodeKey) {
    return new SessionSpec<>(
        nodeKey,
        PacketCodec.pkt(),
        null,
        Authorizer.anyone(),
        SessionTimeouts.DEFAULT,
        CURVE,
        keyPairsFrom(CURVE),
        Observability.none(),
        null);
  }

  private static SessionKeyPairs keyPairsFrom(Scheduler scheduler) {
    return new SessionKeyPairs(Secp256k1.preferred(), scheduler);
  }

  /**
   * Another key.
   *
   * @param key this node's key, or what signs with it
   * @return a copy
   */
  public SessionSpec<P> withNodeKey(NodeSigner key) {
    return new SessionSpec<>(
        key,
        codec,
        expected,
        authorizer,
        timeouts,
        curveScheduler,
        keyPairs,
        observability,
        budget);
  }

  /**
   * Other packets.
   *
   * @param packets the codec
   * @param <Q> the packet type
   * @return a copy
   */
  public <Q> SessionSpec<Q> withCodec(PacketCodec<Q> packets) {
    return new SessionSpec<>(
        nodeKey,
        packets,
        expected,
        authorizer,
        timeouts,
        curveScheduler,
        keyPairs,
        observability,
        budget);
  }

  /**
   * A pinned peer: anyone else is refused.
   *
   * @param peer who the peer has to be; null for anyone
   * @return a copy
   */
  public SessionSpec<P> withExpected(@Nullable NodeId peer) {
    return new SessionSpec<>(
        nodeKey,
        codec,
        peer,
        authorizer,
        timeouts,
        curveScheduler,
        keyPairs,
        observability,
        budget);
  }

  /**
   * Another authorizer.
   *
   * @param decision who may stay
   * @return a copy
   */
  public SessionSpec<P> withAuthorizer(Authorizer decision) {
    return new SessionSpec<>(
        nodeKey,
        codec,
        expected,
        decision,
        timeouts,
        curveScheduler,
        keyPairs,
        observability,
        budget);
  }

  /**
   * Other timeouts.
   *
   * @param limits how long to wait for what
   * @return a copy
   */
  public SessionSpec<P> withTimeouts(SessionTimeouts limits) {
    return new SessionSpec<>(
        nodeKey,
        codec,
        expected,
        authorizer,
        limits,
        curveScheduler,
        keyPairs,
        observability,
        budget);
  }

  /**
   * Another place for curve operations.
   *
   * @param scheduler runs 0.1 to 0.4 ms of CPU for each handshake; session key pairs are made there
   * @return a copy
   */
  public SessionSpec<P> withCurveScheduler(Scheduler scheduler) {
    return new SessionSpec<>(
        nodeKey,
        codec,
        expected,
        authorizer,
        timeouts,
        scheduler,
        keyPairsFrom(scheduler),
        observability,
        budget);
  }

  /**
   * Session key pairs that no other spec shares, for an owner that destroys them in the end.
   *
   * @return a copy
   */
  public SessionSpec<P> withOwnKeyPairs() {
    return withCurveScheduler(curveScheduler);
  }

  /**
   * Other meters and traces.
   *
   * @param where where they go
   * @return a copy
   */
  public SessionSpec<P> withObservability(Observability where) {
    return new SessionSpec<>(
        nodeKey, codec, expected, authorizer, timeouts, curveScheduler, keyPairs, where, budget);
  }

  /**
   * A bound of what sessions hold together: those of each spec that shares the budget.
   *
   * @param shared the budget; null, the default, for no bound
   * @return a copy
   */
  public SessionSpec<P> withBudget(@Nullable ByteBudget shared) {
    return new SessionSpec<>(
        nodeKey,
        codec,
        expected,
        authorizer,
        timeouts,
        curveScheduler,
        keyPairs,
        observability,
        shared);
  }

  /**
   * Runs the handshake over a duplex, which the session then owns: whatever the outcome, cancelling
   * included, it is closed in the end.
   *
   * <p>Emits the connection once the peer is authenticated and authorized, on the duplex's
   * scheduler, and completes. Errors with a {@link PeerException} that says which rule the peer
   * broke or what else failed; where the keys are set up, the peer is told (protocol.md section 6).
   * A duplex makes one session: subscribe once.
   *
   * @param duplex the connection, just made
   * @param role this side's part
   * @return the authenticated connection
   */
  public Mono<PeerConnection<P>> establish(ByteDuplex duplex, Role role) {
    return establish(duplex, role, handshake(Frames.SUITE));
  }

  /** As {@link #establish(ByteDuplex, Role)}, by another handshake. */
  Mono<PeerConnection<P>> establish(ByteDuplex duplex, Role role, Handshake handshake) {
    Mono<PeerConnection<P>> established =
        Mono.create(
            sink -> {
              try {
                new Establishment<>(this, handshake, duplex, role, sink).start();
              } catch (Throwable thrown) {
                // Of foreign code before there was a deadline, such as a subscriber's context.
                Callbacks.reportFatal("a handshake", thrown);
                duplex.dispose();
                sink.error(SessionFailures.of(thrown));
              }
            });
    return HandOver.of(established, PeerConnection::dispose, duplex.scheduler());
  }

  /** Version 3's, with records of a suite. */
  Handshake handshake(RecordSuite records) {
    return new V3Handshake(nodeKey, expected, keyPairs, curveScheduler, records);
  }

  /**
   * Makes work part of a session: the session's observation is in the work's Reactor context.
   *
   * @param connection whose work it is; only one that {@link #establish} made has an observation
   * @param work the work
   * @param <T> what it gives
   * @return the work, which completes and errors as it did
   */
  public static <T> Mono<T> within(PeerConnection<?> connection, Mono<T> work) {
    return connection instanceof PeerSession<?> session ? work.contextWrite(session::within) : work;
  }
}
