package io.fluxwire.node.page;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerException;
import io.fluxwire.SessionParameters;
import io.fluxwire.node.page.Monitor.Direction;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.observe.TrafficListener;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts the connections of channels on the board of peers. No application is given these, so that
 * none can have them watched. Thread-safe.
 */
final class ChannelSessions implements SessionListener {

  private final PeerBoard board;
  private final Map<SessionInfo, Carried> sessions = new ConcurrentHashMap<>();

  ChannelSessions(PeerBoard board) {
    this.board = board;
  }

  @Override
  public TrafficListener traffic(SessionInfo session) {
    Carried carried = new Carried();
    sessions.put(session, carried);
    return carried;
  }

  @Override
  public void onEstablished(SessionInfo session) {
    SessionParameters negotiated = Objects.requireNonNull(session.session());
    Carried carried = sessions.get(session);
    if (carried == null || !negotiated.hasChannel()) {
      sessions.remove(session);
      return;
    }
    PeerBoard.Entry row =
        board.open(
            Objects.requireNonNull(session.remoteId()),
            session.remoteAddress(),
            session.direction() == io.fluxwire.observe.Direction.INBOUND
                ? Direction.INBOUND
                : Direction.OUTBOUND,
            negotiated,
            null);
    carried.row = row;
    carried.counters = board.counters(row);
  }

  @Override
  public void onHandshakeFailed(SessionInfo session, PeerException failure) {
    sessions.remove(session);
  }

  @Override
  public void onHandshakeCancelled(SessionInfo session) {
    sessions.remove(session);
  }

  @Override
  public void onClosed(SessionInfo session, CloseReason reason) {
    Carried carried = sessions.remove(session);
    PeerBoard.Entry row = carried == null ? null : carried.row;
    if (row != null) {
      board.gone(row, reason);
    }
  }

  /** What one connection carries; counts nothing unless it is a channel's. */
  private static final class Carried implements TrafficListener {

    private volatile PeerBoard.@Nullable Entry row;
    private volatile List<Traffic> counters = List.of();

    @Override
    public void onPacketReceived(int bytes) {
      counters.forEach(counter -> counter.received(bytes));
    }

    @Override
    public void onPacketSent(int bytes) {
      counters.forEach(counter -> counter.sent(bytes));
    }
  }
}
