package io.fluxwire.observe;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.observe.dial.Outcome;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One connection's life in meters. */
final class MeterListener implements SessionListener {

  private final Meters meters;
  private final Direction direction;
  private final AtomicReference<@Nullable Running> running = new AtomicReference<>();

  private record Running(HandshakeStage stage, long start) {}

  MeterListener(Meters meters, Direction direction) {
    this.meters = meters;
    this.direction = direction;
  }

  @Override
  public TrafficListener traffic(SessionInfo session) {
    return new MeterTraffic(meters);
  }

  @Override
  public void onHandshakeStarted(SessionInfo session) {
    meters.gauge(FluxwireMeters.HANDSHAKES_PENDING).increment();
  }

  @Override
  public void onHandshakeStage(SessionInfo session, HandshakeStage stage) {
    record(new Running(stage, meters.now()), Outcome.SUCCESS, null);
  }

  private void record(@Nullable Running next, Outcome outcome, @Nullable Reason reason) {
    Running done = running.getAndSet(next);
    if (done != null) {
      meters.time(
          done.start(), FluxwireMeters.HANDSHAKE_TIME, direction, done.stage(), outcome, reason);
    }
  }

  @Override
  public void onEstablished(SessionInfo session) {
    handshakeEnded(Outcome.SUCCESS, null);
    SessionParameters negotiated = Values.negotiated(session);
    meters.opened(direction, negotiated);
    meters.active(direction, negotiated).increment();
  }

  @Override
  public void onHandshakeFailed(SessionInfo session, PeerException failure) {
    Reason reason = failure.reason();
    handshakeEnded(Outcome.FAILURE, reason);
    if (direction == Direction.INBOUND) {
      meters.count(FluxwireMeters.HANDSHAKES_REFUSED, reason);
    }
    if (reason == Reason.NOT_AUTHORIZED) {
      meters.count(FluxwireMeters.AUTHORIZER_REFUSALS);
    }
  }

  @Override
  public void onHandshakeCancelled(SessionInfo session) {
    handshakeEnded(Outcome.CANCELLED, null);
  }

  private void handshakeEnded(Outcome outcome, @Nullable Reason reason) {
    record(null, outcome, reason);
    meters.gauge(FluxwireMeters.HANDSHAKES_PENDING).decrement();
  }

  @Override
  public void onFault(SessionInfo session, PeerException fault) {
    if (breaksRule(fault.reason())) {
      meters.count(FluxwireMeters.FAILURES, fault.reason());
    }
  }

  /** A peer may end a session whenever it likes: that breaks none. */
  private static boolean breaksRule(Reason reason) {
    return reason.origin() == Reason.Origin.PEER && reason.stage() != Reason.Stage.SESSION;
  }

  @Override
  public void onClosed(SessionInfo session, CloseReason reason) {
    meters.count(FluxwireMeters.CONNECTIONS_CLOSED, direction, reason.reason());
    meters.active(direction, Values.negotiated(session)).decrement();
  }
}
