package io.fluxwire.session;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.RecordSuite;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.testing.MemoryDuplex;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Both sides of a handshake in memory, under virtual time, with all that either side is told. */
final class SessionPair<P> {

  final VirtualTimeScheduler time;
  final NodeKey dialerKey = NodeKey.generate();
  final NodeKey acceptorKey = NodeKey.generate();
  final Side<P> dialer = new Side<>();
  final Side<P> acceptor = new Side<>();

  /** One side's outcome. */
  static final class Side<P> {
    @Nullable PeerConnection<P> connection;
    @Nullable Throwable failure;
    @Nullable Disposable subscription;
    final List<CloseReason> closed = new ArrayList<>();
    int signals;

    PeerConnection<P> connected() {
      if (connection == null) {
        throw new AssertionError("not connected", failure);
      }
      return connection;
    }
  }

  private final MemoryDuplex.Pair duplexes;
  private final SessionSpec<P> dialerSpec;
  private final SessionSpec<P> acceptorSpec;
  private RecordSuite records = Frames.SUITE;
  private UnaryOperator<Handshake> change = UnaryOperator.identity();

  private SessionPair(
      VirtualTimeScheduler time,
      MemoryDuplex.Pair duplexes,
      UnaryOperator<SessionSpec<P>> dialerSpec,
      UnaryOperator<SessionSpec<P>> acceptorSpec,
      PacketCodec<P> codec) {
    this.time = time;
    this.duplexes = duplexes;
    SessionSpec<P> dialing =
        dialerSpec.apply(SessionSpec.of(dialerKey).codec(codec).curveScheduler(time));
    // Whoever dials by BOLT 8 has to know whom.
    this.dialerSpec =
        speaksBolt8(dialing) && dialing.expected() == null
            ? dialing.expected(acceptorKey.id())
            : dialing;
    this.acceptorSpec =
        acceptorSpec.apply(SessionSpec.of(acceptorKey).codec(codec).curveScheduler(time));
  }

  static <P> SessionPair<P> of(
      PacketCodec<P> codec,
      UnaryOperator<SessionSpec<P>> dialer,
      UnaryOperator<SessionSpec<P>> acceptor,
      long dialersLimit) {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    return new SessionPair<>(time, MemoryDuplex.pair(time, dialersLimit), dialer, acceptor, codec);
  }

  /** Over other duplexes: those of someone in the middle. */
  static <P> SessionPair<P> over(
      VirtualTimeScheduler time,
      MemoryDuplex.Pair duplexes,
      PacketCodec<P> codec,
      UnaryOperator<SessionSpec<P>> both) {
    return new SessionPair<>(time, duplexes, both, both, codec);
  }

  private static boolean speaksBolt8(SessionSpec<?> side) {
    return side.dialects().contains(io.fluxwire.handshake.Dialect.BOLT8);
  }

  /** With other records than version 3's, on both sides. */
  SessionPair<P> withRecords(RecordSuite suite) {
    records = suite;
    return this;
  }

  /** With another handshake on both sides, made of version 3's. */
  SessionPair<P> withHandshake(UnaryOperator<Handshake> other) {
    change = other;
    return this;
  }

  MemoryDuplex dialersDuplex() {
    return duplexes.dialer();
  }

  MemoryDuplex acceptorsDuplex() {
    return duplexes.acceptor();
  }

  SessionPair<P> dial() {
    start(dialer, dialerSpec, duplexes.dialer(), Role.DIALER);
    return this;
  }

  SessionPair<P> accept() {
    start(acceptor, acceptorSpec, duplexes.acceptor(), Role.ACCEPTOR);
    return this;
  }

  SessionPair<P> establish() {
    dial().accept().settle();
    return this;
  }

  private void start(Side<P> side, SessionSpec<P> spec, MemoryDuplex duplex, Role role) {
    side.subscription =
        establishing(spec, duplex, role)
            .subscribe(
                connection -> {
                  side.connection = connection;
                  side.signals++;
                  connection.onClose().subscribe(side.closed::add);
                },
                failure -> {
                  side.failure = failure;
                  side.signals++;
                });
  }

  private Mono<PeerConnection<P>> establishing(
      SessionSpec<P> spec, MemoryDuplex duplex, Role role) {
    return speaksBolt8(spec)
        ? spec.establish(duplex, role)
        : spec.establish(duplex, role, change.apply(spec.handshake(records)));
  }

  /** Runs all that is due now. */
  void settle() {
    time.advanceTime();
  }

  void pass(Duration duration) {
    time.advanceTimeBy(duration);
  }

  /** What a process that ends does. */
  void close() {
    duplexes.dialer().dispose();
    duplexes.acceptor().dispose();
    settle();
  }
}
