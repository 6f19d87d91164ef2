package io.fluxwire.page;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.SessionParameters;
import io.fluxwire.internal.AddressText;
import io.fluxwire.page.Snapshot.Direction;
import io.fluxwire.page.Snapshot.Ending;
import io.fluxwire.page.Snapshot.Peer;
import io.fluxwire.page.Snapshot.Session;
import io.fluxwire.page.Snapshot.SessionCount;
import io.fluxwire.page.Snapshot.Tally;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The peers that are connected, what each has carried, and the latest that have gone. */
final class PeerBoard {

  /** How many endings it remembers. */
  static final int RECENT = 50;

  /** How peers are looked at. */
  static final View.Table<Peer> TABLE =
      new View.Table<>(
          Peer::text,
          Map.ofEntries(
              Map.entry("name", text(peer -> peer.name() == null ? peer.id() : peer.name())),
              Map.entry("direction", Comparator.comparing(Peer::direction)),
              Map.entry("address", text(Peer::address)),
              Map.entry("session", text(peer -> peer.session().text())),
              Map.entry("roundTrip", number(peer -> orLeast(peer.roundTrip()))),
              Map.entry("upFor", number(peer -> -peer.since())),
              Map.entry("in", number(peer -> rate(peer, Traffic.Counts::bytesIn))),
              Map.entry("out", number(peer -> rate(peer, Traffic.Counts::bytesOut))),
              Map.entry("carried", number(peer -> peer.traffic().bytes())),
              Map.entry("queued", number(peer -> peer.pressure().queued())),
              Map.entry("stalls", number(peer -> peer.pressure().stalls())),
              Map.entry("demandWaits", number(peer -> peer.pressure().demandWaits())),
              Map.entry("lastError", text(peer -> Objects.toString(peer.lastError(), "")))));

  /** How endings are looked at. */
  static final View.Table<Ending> ENDINGS =
      new View.Table<>(
          Ending::words,
          Map.of(
              "at", Comparator.comparingLong(Ending::at),
              "reason", Comparator.comparing(Ending::reason)));

  private final LongSupplier clock;
  private final Map<Long, Entry> peers = new ConcurrentHashMap<>();
  private final Map<NodeId, String> names = new ConcurrentHashMap<>();
  private final Deque<Ending> recent = new ArrayDeque<>();
  private final Traffic total = new Traffic();
  private final AtomicLong opened = new AtomicLong();
  private final LongAdder ended = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final Tallies endedWhy = new Tallies();
  private final Tallies refusedWhy = new Tallies();
  private volatile long emptySince;

  /**
   * An empty board.
   *
   * @param clock nanoseconds
   */
  PeerBoard(LongSupplier clock) {
    this.clock = clock;
  }

  private static Comparator<Peer> text(Function<Peer, String> column) {
    return Comparator.comparing(column, String.CASE_INSENSITIVE_ORDER);
  }

  private static Comparator<Peer> number(ToDoubleFunction<Peer> column) {
    return Comparator.comparingDouble(column);
  }

  /** What is not known is less than all that is. */
  private static double orLeast(@Nullable Double value) {
    return value == null ? -1 : value;
  }

  private static double rate(Peer peer, ToLongFunction<Traffic.Counts> which) {
    Traffic.Counts rate = peer.rate();
    return rate == null ? -1 : which.applyAsLong(rate);
  }

  void name(NodeId id, String name) {
    names.put(id, name);
  }

  @Nullable String name(NodeId id) {
    return names.get(id);
  }

  /** A connection is up; its end is to be told by {@link #gone}. */
  Entry open(
      NodeId id,
      SocketAddress address,
      Direction direction,
      SessionParameters session,
      Traffic traffic) {
    Entry entry =
        new Entry(
            opened.incrementAndGet(),
            id,
            AddressText.of(address),
            direction,
            clock.getAsLong(),
            lastFault(id.toString()),
            traffic,
            Session.of(session));
    peers.put(entry.number, entry);
    return entry;
  }

  /** Counts what all connections carry together. */
  Traffic all() {
    return total;
  }

  void gone(Entry entry, CloseReason reason) {
    long now = clock.getAsLong();
    peers.remove(entry.number);
    if (peers.isEmpty()) {
      emptySince = now;
    }
    ended.increment();
    boolean fault = reason.cause() != null;
    endedWhy.add(reason.reason(), now / 1_000_000, entry.idText, reason.toString(), fault);
    remember(
        new Ending(
            now / 1_000_000,
            entry.idText,
            names.get(entry.id),
            entry.address,
            entry.direction,
            (now - entry.since) / 1_000_000,
            reason.reason().name(),
            reason.toString(),
            fault));
  }

  void refused(SocketAddress address, PeerException failure) {
    refused.increment();
    long at = clock.getAsLong() / 1_000_000;
    String where = AddressText.of(address);
    String text = String.valueOf(failure.getMessage());
    refusedWhy.add(failure.reason(), at, where, text, true);
    remember(
        new Ending(
            at, null, null, where, Direction.INBOUND, null, failure.reason().name(), text, true));
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

  /**
   * Looks at the peers, in the order of their connections, and asks those that are seen for an
   * answer, if they have not been asked lately.
   *
   * @param now the moment, in nanoseconds
   */
  View.Rows<Peer> rows(View view, long now) {
    List<Peer> all =
        peers.values().stream()
            .sorted(Comparator.comparingLong(entry -> entry.number))
            .map(this::toPeer)
            .toList();
    View.Rows<Peer> rows = view.rows(now / 1_000_000, all, TABLE);
    ping(rows.rows());
    return rows;
  }

  /** Looks at the latest endings, the latest first. */
  View.Rows<Ending> endings(View view, long now) {
    return view.rows(now / 1_000_000, recent(), ENDINGS);
  }

  /** Lets each peer have its rate since the last call. One caller at a time. */
  void measure(long now) {
    for (Entry entry : peers.values()) {
      entry.measure(now);
    }
  }

  /** How many peers have negotiated the same, the most frequent first. */
  List<SessionCount> sessions() {
    return peers.values().stream()
        .collect(Collectors.groupingBy(entry -> entry.session, Collectors.summingInt(one -> 1)))
        .entrySet()
        .stream()
        .map(same -> new SessionCount(same.getKey(), same.getValue()))
        .sorted(
            Comparator.comparingInt(SessionCount::count)
                .reversed()
                .thenComparing(same -> same.session().text()))
        .toList();
  }

  private Peer toPeer(Entry entry) {
    return new Peer(
        entry.number,
        entry.idText,
        names.get(entry.id),
        entry.address,
        entry.direction,
        entry.since / 1_000_000,
        entry.traffic.counts(),
        entry.session,
        entry.roundTripMillis(),
        entry.rate,
        entry.traffic.pressure(),
        entry.lastError);
  }

  private void ping(List<Peer> shown) {
    for (Peer peer : shown) {
      Entry entry = peers.get(peer.number());
      PeerPing ping = entry == null ? null : entry.ping;
      if (ping != null) {
        ping.askIfDue();
      }
    }
  }

  int count() {
    return peers.size();
  }

  /** Since when nobody is connected, in nanoseconds; the start, while nobody has been. */
  long emptySince() {
    return emptySince;
  }

  int count(Direction direction) {
    return (int) peers.values().stream().filter(peer -> peer.direction == direction).count();
  }

  List<Tally> refusedWhy() {
    return refusedWhy.list();
  }

  List<Tally> endedWhy() {
    return endedWhy.list();
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

  /** A connection that is up. */
  static final class Entry {

    private final long number;
    private final NodeId id;
    private final String idText;
    private final String address;
    private final Direction direction;
    private final long since;
    private final @Nullable String lastError;
    private final Traffic traffic;
    private final Session session;

    /** Null where nobody can ask. */
    private volatile @Nullable PeerPing ping;

    private volatile @Nullable Long roundTrip;

    /** Null before it is measured twice. */
    private volatile Traffic.@Nullable Counts rate;

    private @Nullable Measured measured;

    private record Measured(long at, Traffic.Counts counts) {}

    private Entry(
        long number,
        NodeId id,
        String address,
        Direction direction,
        long since,
        @Nullable String lastError,
        Traffic traffic,
        Session session) {
      this.number = number;
      this.id = id;
      this.idText = id.toString();
      this.address = address;
      this.direction = direction;
      this.since = since;
      this.lastError = lastError;
      this.traffic = traffic;
      this.session = session;
    }

    void pingBy(PeerPing asks) {
      ping = asks;
    }

    void roundTrip(long nanos) {
      roundTrip = nanos;
    }

    private @Nullable Double roundTripMillis() {
      Long nanos = roundTrip;
      return nanos == null ? null : (Double) (nanos / 1e6);
    }

    private void measure(long now) {
      Measured before = measured;
      Traffic.Counts counts = traffic.counts();
      if (before != null && now > before.at) {
        rate = counts.perSecondSince(before.counts, now - before.at);
      }
      measured = new Measured(now, counts);
    }
  }
}
