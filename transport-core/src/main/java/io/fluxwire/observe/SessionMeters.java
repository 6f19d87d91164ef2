package io.fluxwire.observe;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One connection's life in meters. */
final class SessionMeters {

  private final Meters meters;
  private final Direction direction;
  private final Traffic traffic;
  private final AtomicReference<@Nullable Running> running = new AtomicReference<>();

  private record Running(HandshakeStage stage, long start) {}

  SessionMeters(Meters meters, Direction direction) {
    this.meters = meters;
    this.direction = direction;
    this.traffic = new Traffic(meters);
    meters.gauge(FluxwireMeters.HANDSHAKES_PENDING).increment();
  }

  Traffic traffic() {
    return traffic;
  }

  /** The stage before has ended well. */
  void begin(HandshakeStage stage) {
    record(new Running(stage, meters.now()), Outcome.SUCCESS, null);
  }

  private void record(@Nullable Running next, Outcome outcome, @Nullable Reason reason) {
    Running done = running.getAndSet(next);
    if (done != null) {
      meters
          .timer(FluxwireMeters.HANDSHAKE_TIME, direction, done.stage(), outcome, reason)
          .record(meters.now() - done.start(), TimeUnit.NANOSECONDS);
    }
  }

  void up() {
    handshakeEnded(Outcome.SUCCESS, null);
    meters.counter(FluxwireMeters.CONNECTIONS_OPENED, direction).increment();
    meters.gauge(FluxwireMeters.CONNECTIONS_ACTIVE, direction).increment();
  }

  void failed(PeerException failure) {
    Reason reason = failure.reason();
    handshakeEnded(Outcome.FAILURE, reason);
    if (direction == Direction.INBOUND) {
      meters.counter(FluxwireMeters.HANDSHAKES_REFUSED, reason).increment();
    }
    if (reason == Reason.NOT_AUTHORIZED) {
      meters.counter(FluxwireMeters.AUTHORIZER_REFUSALS).increment();
    }
  }

  void cancelled() {
    handshakeEnded(Outcome.CANCELLED, null);
  }

  private void handshakeEnded(Outcome outcome, @Nullable Reason reason) {
    record(null, outcome, reason);
    meters.gauge(FluxwireMeters.HANDSHAKES_PENDING).decrement();
  }

  void fault(Reason reason) {
    meters.counter(FluxwireMeters.FAILURES, reason).increment();
  }

  void down(Reason reason) {
    meters.counter(FluxwireMeters.CONNECTIONS_CLOSED, direction, reason).increment();
    meters.gauge(FluxwireMeters.CONNECTIONS_ACTIVE, direction).decrement();
  }
}
