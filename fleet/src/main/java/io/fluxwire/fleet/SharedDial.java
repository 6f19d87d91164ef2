package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.dial.ConnectionSource;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.SerialExecutor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A dial that all instances know and one instance at a time carries out. Each instance adds it to
 * its local group; it does not begin while it is another instance's turn.
 *
 * <pre>
 * OTHERS ──▶ TAKING_OVER ──▶ OURS
 *   ▲            │             │
 *   └────────────┴─────────────┘
 * </pre>
 *
 * <p>An instance that loses its turn gives up a running attempt, but keeps a connection until that
 * ends, and the next instance does not dial before. So no connection is lost when a dial moves.
 */
final class SharedDial<P> implements ConnectionSource<P> {

  private enum Turn {
    /** Another instance dials. */
    OTHERS,
    /** It will be this instance's turn, once the other one has had time to learn of the change. */
    TAKING_OVER,
    /** This instance dials. */
    OURS
  }

  private final NodeId peer;
  private final ConnectionSource<P> source;
  private final Finder finder;
  private final Scheduler timers;
  private final Runnable whenOver;
  private final SerialExecutor serial = new SerialExecutor();
  private final Disposable.Swap takingOver = Disposables.swap();

  // What follows is used only in the executor's turns.

  private Turn turn = Turn.OTHERS;
  private @Nullable FluxSink<PeerConnection<P>> sink;
  private Publisher<?> permission = Mono.empty();
  private @Nullable Disposable dialling;
  private @Nullable PeerConnection<P> up;

  /**
   * A dial that is another instance's turn.
   *
   * @param whenOver is called when the source ends, after which there is no further connection
   */
  SharedDial(
      NodeId peer, ConnectionSource<P> source, Finder finder, Scheduler timers, Runnable whenOver) {
    this.peer = peer;
    this.source = source;
    this.finder = finder;
    this.timers = timers;
    this.whenOver = whenOver;
  }

  /** {@inheritDoc} The local group is the only subscriber, and gives the permission. */
  @Override
  public Flux<PeerConnection<P>> connections(Publisher<?> permitted) {
    return Flux.create(
        subscriber ->
            serial.execute(
                () -> {
                  sink = subscriber;
                  permission = permitted;
                  subscriber.onDispose(() -> serial.execute(this::removed));
                  dialIfOurs();
                }));
  }

  /** It is this instance's turn. */
  void take(Duration handover) {
    serial.execute(
        () -> {
          if (turn != Turn.OTHERS) {
            return;
          }
          turn = Turn.TAKING_OVER;
          if (handover.isZero()) {
            tookOver();
          } else {
            takingOver.update(
                timers.schedule(
                    () -> serial.execute(this::tookOver),
                    handover.toNanos(),
                    TimeUnit.NANOSECONDS));
          }
        });
  }

  private void tookOver() {
    if (turn == Turn.TAKING_OVER) {
      turn = Turn.OURS;
      dialIfOurs();
    }
  }

  /** It is the turn of another instance. */
  void giveUp() {
    serial.execute(
        () -> {
          turn = Turn.OTHERS;
          takingOver.update(Disposables.disposed());
          stopUnlessUp();
        });
  }

  private void dialIfOurs() {
    if (turn != Turn.OURS || sink == null || dialling != null) {
      return;
    }
    Mono<Void> free = Flux.from(permission).then(finder.absentElsewhere(peer));
    Disposable.Swap subscription = Disposables.swap();
    dialling = subscription;
    subscription.update(
        ForeignSource.<PeerConnection<P>>flux(
                "the publisher of a shared peer's connections", () -> source.connections(free))
            .subscribe(
                connection -> serial.execute(() -> connected(subscription, connection)),
                failure -> serial.execute(() -> ended(subscription, failure)),
                () -> serial.execute(() -> ended(subscription, null))));
  }

  private void connected(Disposable by, PeerConnection<P> connection) {
    FluxSink<PeerConnection<P>> to = sink;
    if (by != dialling || to == null) {
      Callbacks.run("closing a connection", connection::dispose);
      return;
    }
    up = connection;
    connection.onClose().subscribe(reason -> serial.execute(() -> closed(connection)));
    to.next(connection);
  }

  private void closed(PeerConnection<P> connection) {
    if (up == connection) {
      up = null;
      if (turn != Turn.OURS) {
        stopUnlessUp();
        // The turn may have come back meanwhile.
        dialIfOurs();
      }
    }
  }

  private void stopUnlessUp() {
    Disposable running = dialling;
    if (running != null && up == null) {
      dialling = null;
      running.dispose();
    }
  }

  private void ended(Disposable by, @Nullable Throwable failure) {
    FluxSink<PeerConnection<P>> to = sink;
    if (by != dialling || to == null) {
      return;
    }
    whenOver.run();
    sink = null;
    if (failure == null) {
      to.complete();
    } else {
      to.error(failure);
    }
  }

  private void removed() {
    Disposable running = dialling;
    sink = null;
    dialling = null;
    takingOver.dispose();
    if (running != null) {
      running.dispose();
    }
  }
}
