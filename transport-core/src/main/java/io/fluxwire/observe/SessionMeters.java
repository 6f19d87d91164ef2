package io.fluxwire.observe;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
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
      meters.time(
          done.start(), FluxwireMeters.HANDSHAKE_TIME, direction, done.stage(), outcome, reason);
    }
  }

  void up() {
    handshakeEnded(Outcome.SUCCESS, null);
    meters.count(FluxwireMeters.CONNECTIONS_OPENED, direction);
    meters.gauge(FluxwireMeters.CONNECTIONS_ACTIVE, direction).increment();
  }

  void failed(PeerException failure) {
    Reason reason = failure.reason();
    handshakeEnded(Outcome.FAILURE, reason);
    if (direction == Direction.INBOUND) {
      meters.count(FluxwireMeters.HANDSHAKES_REFUSED, reason);
    }
    if (reason == Reason.NOT_AUTHORIZED) {
      meters.count(FluxwireMeters.AUTHORIZER_REFUSALS);
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
    meters.count(FluxwireMeters.FAILURES, reason);
  }

  void down(Reason reason) {
    meters.count(FluxwireMeters.CONNECTIONS_CLOSED, direction, reason);
    meters.gauge(FluxwireMeters.CONNECTIONS_ACTIVE, direction).decrement();
  }
}
