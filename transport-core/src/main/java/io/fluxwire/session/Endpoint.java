package io.fluxwire.session;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.Undelivered;
import io.fluxwire.memory.MemoryBudget;
import io.fluxwire.memory.ReadGate;
import io.fluxwire.memory.Reservation;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.timeout.RefreshableTimeout;
import io.fluxwire.transport.ByteDuplex;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * This side of a connection, from its first byte on: does what {@link SessionLifecycle} decides,
 * with the sends, the timers and the connection itself.
 */
final class Endpoint implements SessionLifecycle.Actions, RecordWriter.Events {

  /** How long a peer at fault may take to hear why. */
  private static final Duration ERROR_PACKET_TIMEOUT = Duration.ofSeconds(1);

  /** How long answers may take that are under way when the peer ends. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(1);

  /** How long a peer whose input nobody wants may take to end. */
  private static final Duration UNWANTED_INPUT_TIMEOUT = Duration.ofSeconds(1);

  private final ByteDuplex duplex;
  private final PacketCodec<?> codec;
  private final SessionTimeouts timeouts;
  private final ObservedSession observed;
  private final SessionLifecycle lifecycle = new SessionLifecycle(this);
  private final @Nullable Reservation reservation;
  private final Outbound outbound;
  private final IdleTimer idle;
  private final Disposable.Composite deadlines = Disposables.composite();

  /**
   * How many directions are in use: ours until it has ended, the peer's while its packets are
   * wanted.
   */
  private final AtomicInteger directions = new AtomicInteger(2);

  Endpoint(ByteDuplex duplex, SessionSpec<?> spec, ObservedSession observed) {
    this.duplex = duplex;
    this.codec = spec.codec();
    this.timeouts = spec.timeouts();
    this.observed = observed;
    MemoryBudget budget = spec.budget();
    this.reservation =
        budget == null ? null : budget.reservation(duplex.scheduler(), lifecycle::exhausted);
    this.outbound = new Outbound(duplex, timeouts.write(), reservation, observed.traffic(), this);
    this.idle = new IdleTimer(duplex, timeouts.idle(), lifecycle::fail);
    duplex.onClose().subscribe(ignored -> {}, ignored -> lifecycle.gone(), lifecycle::gone);
  }

  ObservedSession observed() {
    return observed;
  }

  ByteDuplex duplex() {
    return duplex;
  }

  SessionLifecycle lifecycle() {
    return lifecycle;
  }

  Outbound outbound() {
    return outbound;
  }

  /** Begins the sending direction; destroys the sealer in the end. */
  void start(RecordSealer sealer) {
    outbound.start(sealer);
    CloseReason ended = lifecycle.reason();
    if (ended != null) {
      outbound.end(new SendEnd.Abort(SessionFailures.ofSends(ended)));
    }
  }

  /**
   * What bounds the reading of records.
   *
   * @param late is told when a record that has started is not whole in time
   */
  ReadLimits readLimits(Consumer<PeerException> late) {
    return new ReadLimits(
        reservation == null ? ReadGate.OPEN : reservation, () -> recordTimeout(late));
  }

  private @Nullable RefreshableTimeout recordTimeout(Consumer<PeerException> late) {
    Duration limit = timeouts.frame();
    return limit.isZero()
        ? null
        : RefreshableTimeout.suspended(
            duplex.scheduler(),
            limit,
            () ->
                late.accept(
                    new PeerTimeoutException(
                        Reason.FRAME_TIMEOUT,
                        "a frame was not whole within %d ms".formatted(limit.toMillis()))));
  }

  /** From now on packets have to come or go, and may be large. */
  void authenticated() {
    if (reservation != null) {
      reservation.authenticated();
    }
    idle.start();
  }

  /** A packet came. */
  void received() {
    idle.refresh();
  }

  /**
   * What still comes of the peer will not come. Where nobody wants it and all of this side's is
   * written, that is no fault: the connection would be closed soon in any case.
   */
  void inputFailed(PeerException failure) {
    if (directions.get() == 0 && failure.reason().origin() == Reason.Origin.PATH) {
      lifecycle.overdue();
    } else {
      lifecycle.fail(failure);
    }
  }

  /** Nobody will read what still comes. */
  void inputUnwanted() {
    directionDone();
  }

  private void directionDone() {
    if (directions.decrementAndGet() == 0) {
      overdueAfter(UNWANTED_INPUT_TIMEOUT);
    }
  }

  @Override
  public void written() {
    idle.refresh();
  }

  @Override
  public void drained() {
    duplex.shutdownOutput();
    directionDone();
  }

  @Override
  public void failed(Throwable failure) {
    lifecycle.fail(SessionFailures.of(failure));
  }

  @Override
  public void faultSeen(PeerException fault) {
    observed.listener().onFault(observed, fault);
  }

  @Override
  public void drain(PeerException cause) {
    drain(new SendEnd.Drain(cause));
  }

  @Override
  public void drainWhenIdle(PeerException cause) {
    drain(new SendEnd.DrainWhenIdle(cause));
    schedule(() -> outbound.end(new SendEnd.Drain(cause)), ANSWER_TIMEOUT);
  }

  @Override
  public void drainAndTell(PeerException cause) {
    if (outbound.endWithError(cause, codec)) {
      overdueAfter(timeouts.drain());
    } else {
      lifecycle.overdue();
    }
  }

  private void drain(SendEnd how) {
    if (outbound.end(how)) {
      overdueAfter(timeouts.drain());
    } else {
      lifecycle.overdue();
    }
  }

  @Override
  public void fail(PeerException fault) {
    if (fault.reason().isToldToPeer() && outbound.refuse(fault, codec)) {
      overdueAfter(ERROR_PACKET_TIMEOUT);
    } else {
      abort(fault);
    }
  }

  @Override
  public void abort(PeerException cause) {
    outbound.end(new SendEnd.Abort(cause));
    duplex.dispose();
  }

  @Override
  public void release(PeerException cause) {
    deadlines.dispose();
    idle.release();
    Reservation holding = reservation;
    if (holding != null) {
      holding.close();
    }
    outbound.end(new SendEnd.Abort(cause));
  }

  /** Runs a task after the drain timeout, unless the session is closed before. */
  void afterDrainTimeout(Runnable task) {
    schedule(task, timeouts.drain());
  }

  /** Runs a task on the duplex's scheduler, unless that is gone, and the connection with it. */
  void execute(Runnable task) {
    try {
      duplex.scheduler().schedule(task);
    } catch (RejectedExecutionException e) {
      lifecycle.gone();
    }
  }

  private void overdueAfter(Duration limit) {
    schedule(lifecycle::overdue, limit);
  }

  private void schedule(Runnable task, Duration delay) {
    deadlines.add(duplex.scheduler().schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS));
  }

  /** Emits nothing; errors with the reason once the session is closed. */
  <T> Mono<T> ended() {
    return lifecycle.onClose().flatMap(why -> Mono.error(SessionFailures.ofSends(why)));
  }

  /** What sends handed over and the socket never took; emits once that is settled. */
  Mono<Undelivered> undelivered() {
    Mono<Undelivered> counted = Mono.fromSupplier(outbound::undelivered);
    return lifecycle
        .onClose()
        .then(
            // Queued behind the task that ends the sends, so that what that one drops is counted.
            counted
                .subscribeOn(duplex.scheduler())
                .onErrorResume(RejectedExecutionException.class, loopIsGone -> counted));
  }
}
