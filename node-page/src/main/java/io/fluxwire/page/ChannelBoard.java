package io.fluxwire.page;

import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelObserver;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.internal.PrintableText;
import io.fluxwire.internal.StoredTimes;
import io.fluxwire.page.Snapshot.Channel;
import io.fluxwire.page.Snapshot.Direction;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The channels that are open: what each keeps for its peer, and what became of its connections. */
final class ChannelBoard {

  /** How channels are looked at. */
  static final View.Table<Channel> TABLE =
      new View.Table<>(
          Channel::text,
          Map.of(
              "name", Comparator.comparing(Channel::name, String.CASE_INSENSITIVE_ORDER),
              "attached", Comparator.comparing(Channel::attached),
              "unacknowledged", Comparator.comparingLong(Channel::unacknowledged),
              "oldest", Comparator.comparingLong(ChannelBoard::oldest),
              "stored", Comparator.comparingLong(Channel::stored),
              "received", Comparator.comparingLong(Channel::received),
              "resent", Comparator.comparingLong(Channel::resent),
              "connections", Comparator.comparingLong(Channel::connections),
              "takeovers", Comparator.comparingLong(Channel::takeovers)));

  private final LongSupplier clock;
  private final PeerBoard peers;
  private final Map<Long, Entry> channels = new ConcurrentHashMap<>();
  private final AtomicLong opened = new AtomicLong();

  /**
   * An empty board.
   *
   * @param clock nanoseconds
   * @param peers knows what this node calls a peer
   */
  ChannelBoard(LongSupplier clock, PeerBoard peers) {
    this.clock = clock;
    this.peers = peers;
  }

  /** Puts channels on the board: those of one client or server. */
  ChannelObserver observer() {
    return new Observer();
  }

  int count() {
    return channels.size();
  }

  /** Looks at the channels, in the order in which they were opened. */
  View.Rows<Channel> rows(View view, long now) {
    List<Channel> all =
        channels.values().stream()
            .sorted(Comparator.comparingLong(entry -> entry.number))
            .map(entry -> entry.toChannel(peers.name(entry.peer()), now))
            .toList();
    return view.rows(now / 1_000_000, all, TABLE);
  }

  /** What keeps nothing is younger than all that does. */
  private static long oldest(Channel channel) {
    Long oldest = channel.oldest();
    return oldest == null ? -1 : oldest;
  }

  /** Those channels that keep most, at most so many. */
  List<Channel> channels(int limit) {
    long now = clock.getAsLong();
    return channels.values().stream()
        .map(entry -> entry.toChannel(peers.name(entry.peer()), now))
        .sorted(
            Comparator.comparingLong((Channel channel) -> -channel.bytes())
                .thenComparingLong(Channel::number))
        .limit(limit)
        .toList();
  }

  /** Two nodes of one process have the same keys, so each observer has its own channels. */
  private final class Observer implements ChannelObserver {

    private final Map<ChannelKey, Entry> own = new ConcurrentHashMap<>();

    private void change(ChannelKey key, Consumer<Entry> change) {
      Entry entry = own.get(key);
      if (entry != null) {
        change.accept(entry);
      }
    }

    @Override
    public void onOpened(ChannelKey key, boolean dials, ChannelState state) {
      Entry entry = new Entry(opened.incrementAndGet(), key, dials, state, clock.getAsLong());
      own.put(key, entry);
      channels.put(entry.number, entry);
    }

    @Override
    public void onConnected(ChannelKey key, long resent) {
      change(key, entry -> entry.attached(clock.getAsLong()));
    }

    @Override
    public void onDisconnected(ChannelKey key, boolean superseded) {
      change(key, entry -> entry.detached(clock.getAsLong(), superseded));
    }

    @Override
    public void onStored(ChannelKey key, ChannelState before, ChannelState after) {
      change(key, entry -> entry.stored(after, clock.getAsLong()));
    }

    @Override
    public void onResent(ChannelKey key, long packets) {
      change(key, entry -> entry.resent.addAndGet(packets));
    }

    @Override
    public void onEnded(ChannelKey key, @Nullable PeerException why) {
      Entry entry = own.remove(key);
      if (entry != null) {
        channels.remove(entry.number);
      }
    }
  }

  /** What happens to a channel is told by one thread at a time, and read by any. */
  private static final class Entry {

    /** Since when the channel has a connection, or has none. */
    private record Link(boolean attached, long since) {}

    private final long number;
    private final ChannelKey key;
    private final boolean dials;
    private final StoredTimes times;
    private final AtomicLong connections = new AtomicLong();
    private final AtomicLong takeovers = new AtomicLong();
    private final AtomicLong resent = new AtomicLong();
    private volatile ChannelState state;
    private volatile Link link;

    Entry(long number, ChannelKey key, boolean dials, ChannelState state, long now) {
      this.number = number;
      this.key = key;
      this.dials = dials;
      this.state = state;
      this.link = new Link(false, now);
      this.times = new StoredTimes(state.first());
      times.kept(state.first(), state.next(), now);
    }

    NodeId peer() {
      return dials ? key.acceptor() : key.dialer();
    }

    void attached(long now) {
      connections.incrementAndGet();
      link = new Link(true, now);
    }

    void detached(long now, boolean superseded) {
      if (superseded) {
        takeovers.incrementAndGet();
      }
      link = new Link(false, now);
    }

    void stored(ChannelState after, long now) {
      times.kept(after.first(), after.next(), now);
      state = after;
    }

    Channel toChannel(@Nullable String peerName, long now) {
      ChannelState stored = state;
      Link attachment = link;
      long kept = stored.next() - stored.first();
      return new Channel(
          number,
          // A peer may have chosen it.
          PrintableText.of(key.name()),
          peer().toString(),
          peerName,
          dials ? Direction.OUTBOUND : Direction.INBOUND,
          attachment.attached(),
          attachment.since() / 1_000_000,
          stored.next(),
          kept,
          stored.bytes(),
          kept == 0 ? null : times.age(now) / 1_000_000,
          stored.received(),
          resent.get(),
          connections.get(),
          takeovers.get());
    }
  }
}
