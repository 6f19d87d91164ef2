package io.fluxwire.page;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.observe.Direction;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.observe.TrafficListener;
import java.net.SocketAddress;
import java.time.Duration;

/** A session of a {@link FakePeer}, of which a monitor is told. */
final class FakeSession implements SessionInfo {

  static final Facts FACTS = new Facts("1.2.3", "17 (test)", "bouncycastle");

  private final FakePeer peer;
  private final SessionListener listener;
  private final TrafficListener traffic;

  private FakeSession(FakePeer peer, SessionListener listener) {
    this.peer = peer;
    this.listener = listener;
    this.traffic = listener.traffic(this);
  }

  /** A peer whose handshake is under way. */
  static FakeSession of(FakePeer peer, NodeMonitor monitor) {
    return new FakeSession(peer, monitor.sessions());
  }

  /** A peer that has dialled this node. */
  static FakeSession established(NodeMonitor monitor, FakePeer peer) {
    FakeSession session = of(peer, monitor);
    session.listener.onEstablished(session);
    return session;
  }

  static FakeSession established(NodeMonitor monitor, NodeId id) {
    return established(monitor, new FakePeer(id));
  }

  FakeSession received(int bytes) {
    traffic.onPacketReceived(bytes);
    return this;
  }

  FakeSession sent(int bytes) {
    traffic.onPacketSent(bytes);
    return this;
  }

  FakeSession queued(int bytes) {
    traffic.onWrite(bytes);
    return this;
  }

  FakeSession written(int bytes) {
    traffic.onWriteDone(bytes);
    return this;
  }

  FakeSession stalled() {
    traffic.onWriteStalled();
    return this;
  }

  FakeSession waitedForDemand() {
    traffic.onAwaitingDemand();
    return this;
  }

  FakeSession answered(Duration time) {
    traffic.onRoundTrip(time.toNanos());
    return this;
  }

  void end(CloseReason reason) {
    listener.onClosed(this, reason);
  }

  void close() {
    end(new CloseReason(Reason.CLOSED_LOCALLY, null));
  }

  @Override
  public String id() {
    return "test";
  }

  @Override
  public Direction direction() {
    return Direction.INBOUND;
  }

  @Override
  public SocketAddress remoteAddress() {
    return peer.remoteAddress();
  }

  @Override
  public NodeId remoteId() {
    return peer.remoteId();
  }

  @Override
  public SessionParameters session() {
    return peer.session();
  }
}
