package io.fluxwire.observe;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerException;
import io.fluxwire.internal.Callbacks;
import java.util.Objects;
import reactor.util.context.Context;

/** An application's listener, whatever it throws. */
final class IsolatedListener implements SessionListener {

  private static final String WHAT = "a listener of sessions";

  private final SessionListener listener;

  IsolatedListener(SessionListener listener) {
    this.listener = Objects.requireNonNull(listener, "listener");
  }

  @Override
  public void onHandshakeStarted(SessionInfo session) {
    Callbacks.run(WHAT, () -> listener.onHandshakeStarted(session));
  }

  @Override
  public void onHandshakeStage(SessionInfo session, HandshakeStage stage) {
    Callbacks.run(WHAT, () -> listener.onHandshakeStage(session, stage));
  }

  @Override
  public void onEstablished(SessionInfo session) {
    Callbacks.run(WHAT, () -> listener.onEstablished(session));
  }

  @Override
  public void onHandshakeFailed(SessionInfo session, PeerException failure) {
    Callbacks.run(WHAT, () -> listener.onHandshakeFailed(session, failure));
  }

  @Override
  public void onHandshakeCancelled(SessionInfo session) {
    Callbacks.run(WHAT, () -> listener.onHandshakeCancelled(session));
  }

  @Override
  public void onUnknownPackets(SessionInfo session) {
    Callbacks.run(WHAT, () -> listener.onUnknownPackets(session));
  }

  @Override
  public void onFault(SessionInfo session, PeerException fault) {
    Callbacks.run(WHAT, () -> listener.onFault(session, fault));
  }

  @Override
  public void onClosed(SessionInfo session, CloseReason reason) {
    Callbacks.run(WHAT, () -> listener.onClosed(session, reason));
  }

  @Override
  public TrafficListener traffic(SessionInfo session) {
    try {
      TrafficListener traffic = Objects.requireNonNull(listener.traffic(session), "traffic()");
      return traffic == TrafficListener.NONE ? traffic : new IsolatedTraffic(traffic);
    } catch (Throwable thrown) {
      Callbacks.report(WHAT, thrown);
      return TrafficListener.NONE;
    }
  }

  @Override
  public Context handlerContext(SessionInfo session, Context context) {
    try {
      return Objects.requireNonNull(listener.handlerContext(session, context), "handlerContext()");
    } catch (Throwable thrown) {
      Callbacks.report(WHAT, thrown);
      return context;
    }
  }
}
