package io.fluxwire.page;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.page.Snapshot.Direction;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Puts sessions on the board of peers, those of channels included. Thread-safe. */
final class SessionBoard implements SessionListener {

  private final PeerBoard board;
  private final LongSupplier clock;
  private final RoundTrips roundTrips;
  private final Map<SessionInfo, Carried> sessions = new ConcurrentHashMap<>();

  /** How a connection that the application holds is found among the rows. */
  private final Map<End, PeerBoard.Entry> rows = new ConcurrentHashMap<>();

  /** The other end of a session. */
  private record End(NodeId id, SocketAddress address) {}

  /**
   * Knows of no session yet.
   *
   * @param board where they go
   * @param clock nanoseconds
   * @param roundTrips is told how long peers took to answer
   */
  SessionBoard(PeerBoard board, LongSupplier clock, RoundTrips roundTrips) {
    this.board = board;
    this.clock = clock;
    this.roundTrips = roundTrips;
  }

  @Override
  public TrafficListener traffic(SessionInfo session) {
    Carried carried = new Carried(board.all(), roundTrips);
    sessions.put(session, carried);
    return carried;
  }

  @Override
  public void onEstablished(SessionInfo session) {
    Carried carried = sessions.get(session);
    if (carried == null) {
      return;
    }
    End end = new End(Objects.requireNonNull(session.remoteId()), session.remoteAddress());
    PeerBoard.Entry row =
        board.open(
            end.id,
            end.address,
            Direction.of(session.direction()),
            Objects.requireNonNull(session.session()),
            carried.own);
    rows.put(end, row);
    carried.opened(end, row);
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
    Carried.Row shown = carried == null ? null : carried.row;
    if (shown != null) {
      rows.remove(shown.end, shown.entry);
      board.gone(shown.entry, reason);
    }
  }

  /** Lets the board ask the peer of a session for an answer. */
  void ping(PeerConnection<?> peer) {
    PeerBoard.Entry row = rows.get(new End(peer.remoteId(), peer.remoteAddress()));
    if (row != null) {
      row.pingBy(new PeerPing(peer, clock));
    }
  }

  /** What one connection carries; of packets, those from when its peer is known on. */
  private static final class Carried implements TrafficListener {

    private record Row(End end, PeerBoard.Entry entry) {}

    private final Traffic own = new Traffic();
    private final Traffic all;
    private final RoundTrips roundTrips;
    private volatile @Nullable Row row;

    Carried(Traffic all, RoundTrips roundTrips) {
      this.all = all;
      this.roundTrips = roundTrips;
    }

    void opened(End end, PeerBoard.Entry entry) {
      row = new Row(end, entry);
    }

    @Override
    public void onPacketReceived(int bytes) {
      if (row != null) {
        own.received(bytes);
        all.received(bytes);
      }
    }

    @Override
    public void onPacketSent(int bytes) {
      if (row != null) {
        own.sent(bytes);
        all.sent(bytes);
      }
    }

    @Override
    public void onWrite(int bytes) {
      own.queued(bytes);
      all.queued(bytes);
    }

    @Override
    public void onWriteDone(int bytes) {
      own.queued(-bytes);
      all.queued(-bytes);
    }

    @Override
    public void onWriteStalled() {
      own.stalled();
      all.stalled();
    }

    @Override
    public void onAwaitingDemand() {
      own.waitedForDemand();
      all.waitedForDemand();
    }

    @Override
    public void onRoundTrip(long nanos) {
      roundTrips.pinged(nanos);
      Row shown = row;
      if (shown != null) {
        shown.entry.roundTrip(nanos);
      }
    }
  }
}
