package io.fluxwire.group;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/** A connection that a group has taken, with what it has to know of it. */
final class MemberConnection<P> {

  private final PeerConnection<P> connection;
  private final NodeId peer;
  private final TieBreak.Dialler dialler;
  private final long sinceNanos;

  /**
   * A connection.
   *
   * @param connection the connection
   * @param dialler who dialled it
   * @param sinceNanos when the group got it, by a clock that nobody sets
   */
  MemberConnection(PeerConnection<P> connection, TieBreak.Dialler dialler, long sinceNanos) {
    this.connection = connection;
    this.peer = connection.remoteId();
    this.dialler = dialler;
    this.sinceNanos = sinceNanos;
  }

  PeerConnection<P> connection() {
    return connection;
  }

  NodeId peer() {
    return peer;
  }

  TieBreak.Dialler dialler() {
    return dialler;
  }

  TieBreak.Verdict against(MemberConnection<P> newer, NodeId self) {
    return TieBreak.between(self, peer, dialler, newer.dialler, newer.sinceNanos - sinceNanos);
  }

  /** Whether its end is decided; some of it may still be on its way. */
  boolean isEnding() {
    return connection.isDisposed();
  }

  void whenClosed(Consumer<CloseReason> told) {
    connection.onClose().subscribe(told);
  }

  Mono<Void> closed() {
    return connection.onClose().then();
  }

  /** Completes once the peer has answered a ping, or none is to be had. */
  Mono<Void> answered() {
    return ForeignSource.mono("a member's ping", connection::ping).then().onErrorComplete();
  }

  /** Closes it in good order. */
  void close() {
    Callbacks.run("closing a connection", () -> connection.close().subscribe());
  }

  /** Closes it at once. */
  void abort() {
    Callbacks.run("closing a connection", connection::dispose);
  }
}
