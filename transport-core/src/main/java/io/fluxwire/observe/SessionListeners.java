package io.fluxwire.observe;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import reactor.util.context.Context;

/** Several listeners as one: each is told of everything, in their order. */
final class SessionListeners implements SessionListener {

  private final SessionListener[] all;

  private SessionListeners(List<SessionListener> all) {
    this.all = all.toArray(SessionListener[]::new);
  }

  static SessionListener of(List<SessionListener> all) {
    List<SessionListener> told = all.stream().filter(listener -> listener != NONE).toList();
    return told.size() == 1 ? told.get(0) : new SessionListeners(told);
  }

  private void each(Consumer<SessionListener> call) {
    for (SessionListener listener : all) {
      call.accept(listener);
    }
  }

  @Override
  public void onHandshakeStarted(SessionInfo session) {
    each(listener -> listener.onHandshakeStarted(session));
  }

  @Override
  public void onHandshakeStage(SessionInfo session, HandshakeStage stage) {
    each(listener -> listener.onHandshakeStage(session, stage));
  }

  @Override
  public void onEstablished(SessionInfo session) {
    each(listener -> listener.onEstablished(session));
  }

  @Override
  public void onHandshakeFailed(SessionInfo session, PeerException failure) {
    each(listener -> listener.onHandshakeFailed(session, failure));
  }

  @Override
  public void onHandshakeCancelled(SessionInfo session) {
    each(listener -> listener.onHandshakeCancelled(session));
  }

  @Override
  public void onUnknownPackets(SessionInfo session) {
    each(listener -> listener.onUnknownPackets(session));
  }

  @Override
  public void onFault(SessionInfo session, PeerException fault) {
    each(listener -> listener.onFault(session, fault));
  }

  @Override
  public void onClosed(SessionInfo session, CloseReason reason) {
    each(listener -> listener.onClosed(session, reason));
  }

  @Override
  public TrafficListener traffic(SessionInfo session) {
    return TrafficListeners.of(
        Arrays.stream(all).map(listener -> listener.traffic(session)).toList());
  }

  @Override
  public Context handlerContext(SessionInfo session, Context context) {
    Context extended = context;
    for (SessionListener listener : all) {
      extended = listener.handlerContext(session, extended);
    }
    return extended;
  }
}
