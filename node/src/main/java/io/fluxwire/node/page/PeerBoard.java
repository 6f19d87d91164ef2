package io.fluxwire.node.page;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.SessionParameters;
import io.fluxwire.internal.AddressText;
import io.fluxwire.node.page.Monitor.Direction;
import io.fluxwire.node.page.Snapshot.Ending;
import io.fluxwire.node.page.Snapshot.Peer;
import io.fluxwire.node.page.Snapshot.Session;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** The peers that are connected, what each has carried, and the latest that have gone. */
final class PeerBoard {

  /** How many endings it remembers. */
  static final int RECENT = 50;

  private final LongSupplier clock;
  private final Map<Long, Entry> peers = new ConcurrentHashMap<>();
  private final Map<NodeId, String> names = new ConcurrentHashMap<>();
  private final Deque<Ending> recent = new ArrayDeque<>();
  private final Traffic total = new Traffic();
  private final AtomicLong opened = new AtomicLong();
  private final LongAdder ended = new LongAdder();
  private final LongAdder refused = new LongAdder();

  /**
   * An empty board.
   *
   * @param clock nanoseconds
   */
  PeerBoard(LongSupplier clock) {
    this.clock = clock;
  }

  void name(NodeId id, String name) {
    names.put(id, name);
  }

  @Nullable String name(NodeId id) {
    return names.get(id);
  }

  <P> PeerConnection<P> watch(
      PeerConnection<P> peer, Direction direction, ToIntFunction<? super P> size) {
    Entry entry =
        open(
            peer.remoteId(),
            peer.remoteAddress(),
            direction,
            peer.session(),
            new PeerPing(peer, clock));
    peer.onClose().subscribe(reason -> gone(entry, reason));
    return new WatchedPeer<>(peer, size, counters(entry));
  }

  /** A connection is up; its end is to be told by {@link #gone}. */
  Entry open(
      NodeId id,
      SocketAddress address,
      Direction direction,
      SessionParameters session,
      @Nullable PeerPing ping) {
    Entry entry =
        new Entry(
            opened.incrementAndGet(),
            id,
            AddressText.of(address),
            direction,
            clock.getAsLong(),
            lastFault(id.toString()),
            new Traffic(),
            Session.of(session),
            ping);
    peers.put(entry.number, entry);
    return entry;
  }

  /** All that count what a connection carries. */
  List<Traffic> counters(Entry entry) {
    return List.of(entry.traffic, total);
  }

  void gone(Entry entry, CloseReason reason) {
    peers.remove(entry.number);
    ended.increment();
    long now = clock.getAsLong();
    remember(
        new Ending(
            now / 1_000_000,
            entry.id.toString(),
            names.get(entry.id),
            entry.address,
            entry.direction,
            (now - entry.since) / 1_000_000,
            reason.reason().name(),
            reason.toString(),
            reason.cause() != null));
  }

  void refused(SocketAddress address, PeerException failure) {
    refused.increment();
    remember(
        new Ending(
            clock.getAsLong() / 1_000_000,
            null,
            null,
            AddressText.of(address),
            Direction.INBOUND,
            null,
            failure.reason().name(),
            String.valueOf(failure.getMessage()),
            true));
  }

  private void remember(Ending ending) {
    synchronized (recent) {
      recent.addFirst(ending);
      if (recent.size() > RECENT) {
        recent.removeLast();
      }
    }
  }

  private @Nullable String lastFault(String id) {
    synchronized (recent) {
      for (Ending ending : recent) {
        if (ending.fault() && id.equals(ending.id())) {
          return ending.text();
        }
      }
      return null;
    }
  }

  /** The latest endings, the latest first. */
  List<Ending> recent() {
    synchronized (recent) {
      return List.copyOf(recent);
    }
  }

  /** Those peers that carried most, at most so many. */
  List<Peer> peers(int limit) {
    return peers.values().stream()
        .map(this::toPeer)
        .sorted(
            Comparator.comparingLong((Peer peer) -> -peer.traffic().bytes())
                .thenComparingLong(Peer::number))
        .limit(limit)
        .toList();
  }

  private Peer toPeer(Entry entry) {
    return new Peer(
        entry.number,
        entry.id.toString(),
        names.get(entry.id),
        entry.address,
        entry.direction,
        entry.since / 1_000_000,
        entry.traffic.counts(),
        entry.session,
        entry.ping == null ? null : entry.ping.latestMillis(),
        entry.lastError);
  }

  /** Asks these peers for an answer, those that have not been asked lately. */
  void ping(List<Peer> shown) {
    for (Peer peer : shown) {
      Entry entry = peers.get(peer.number());
      if (entry != null && entry.ping != null) {
        entry.ping.askIfDue();
      }
    }
  }

  int count() {
    return peers.size();
  }

  int count(Direction direction) {
    return (int) peers.values().stream().filter(peer -> peer.direction == direction).count();
  }

  Traffic.Counts total() {
    return total.counts();
  }

  long opened() {
    return opened.get();
  }

  long ended() {
    return ended.sum();
  }

  long refused() {
    return refused.sum();
  }

  /** A connection that is up; its ping is null where nobody can ask. */
  record Entry(
      long number,
      NodeId id,
      String address,
      Direction direction,
      long since,
      @Nullable String lastError,
      Traffic traffic,
      Session session,
      @Nullable PeerPing ping) {}
}
