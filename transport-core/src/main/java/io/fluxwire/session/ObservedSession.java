package io.fluxwire.session;

import io.fluxwire.NodeId;
import io.fluxwire.SessionParameters;
import io.fluxwire.observe.Direction;
import io.fluxwire.observe.Observability;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.transport.ByteDuplex;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

/** What is known of one connection, and who is told of it. */
final class ObservedSession implements SessionInfo {

  private final String id;
  private final Direction direction;
  private final SocketAddress remoteAddress;
  private final SessionListener listener;
  private final TrafficListener traffic;
  private volatile @Nullable NodeId remoteId;
  private volatile @Nullable SessionParameters negotiated;

  ObservedSession(
      ByteDuplex duplex, Direction direction, Observability observability, ContextView context) {
    this.id = duplex.id();
    this.direction = direction;
    this.remoteAddress = duplex.remoteAddress();
    this.listener = observability.session(this, context);
    this.traffic = listener.traffic(this);
  }

  /** Is told of what happens; throws nothing. */
  SessionListener listener() {
    return listener;
  }

  /** Is told of what goes through; throws nothing. */
  TrafficListener traffic() {
    return traffic;
  }

  /** The peer has proven its id, and may stay. */
  void established(NodeId peer, SessionParameters parameters) {
    remoteId = peer;
    negotiated = parameters;
    listener.onEstablished(this);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Direction direction() {
    return direction;
  }

  @Override
  public SocketAddress remoteAddress() {
    return remoteAddress;
  }

  @Override
  public @Nullable NodeId remoteId() {
    return remoteId;
  }

  @Override
  public @Nullable SessionParameters session() {
    return negotiated;
  }
}
