package io.fluxwire.page;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.access.BanList;
import io.fluxwire.channel.ChannelObserver;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.page.Snapshot.Bans;
import io.fluxwire.page.Snapshot.Channel;
import io.fluxwire.page.Snapshot.DialledLink;
import io.fluxwire.page.Snapshot.Direction;
import io.fluxwire.page.Snapshot.Ending;
import io.fluxwire.page.Snapshot.Link;
import io.fluxwire.page.Snapshot.Mood;
import io.fluxwire.page.Snapshot.Node;
import io.fluxwire.page.Snapshot.Peer;
import io.fluxwire.page.Snapshot.Server;
import io.fluxwire.page.Snapshot.Status;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.ref.WeakReference;
import java.net.SocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sees what a node does: who is connected, what each connection carries, why one ended, and how
 * dialing goes. The application passes its clients, servers and channels through {@code watch} and
 * uses the copies. Thread-safe; its memory does not grow with the number of connections that there
 * have been.
 */
public final class NodeMonitor {

  /** How many names that are dialled a snapshot has at most. */
  static final int TARGETS = 50;

  /** How many rounds of dialing a snapshot has at most. */
  static final int ROUNDS = 5;

  /** How many seconds a snapshot has: more than one, lest a browser that is late lacks some. */
  static final int LATEST = 5;

  /** How many {@code /peers} lists at most. */
  static final int LISTED = 10_000;

  private final long start = System.nanoTime();
  private final @Nullable MeterRegistry registry;
  private final PeerBoard board = new PeerBoard(this::elapsedNanos);
  private final ChannelBoard channels = new ChannelBoard(this::elapsedNanos, board);
  private final RoundTrips roundTrips = new RoundTrips();
  private final SessionBoard sessions = new SessionBoard(board, this::elapsedNanos, roundTrips);
  private final ServerBoard servers = new ServerBoard(board);
  private final Handshakes handshakes = new Handshakes(this::elapsedNanos);
  private final DialLog dials = new DialLog(this::elapsedNanos, Clock.systemUTC());
  private final AtomicReference<@Nullable BanList> bans = new AtomicReference<>();
  private final AtomicReference<@Nullable FleetBoard> fleet = new AtomicReference<>();
  private final AtomicReference<@Nullable History> history = new AtomicReference<>();

  /** A monitor that sets no meter registry. */
  public NodeMonitor() {
    this.registry = null;
  }

  /**
   * A monitor that sets the meter registry of all that it watches.
   *
   * @param registry takes the meters of the node's clients and servers
   */
  public NodeMonitor(MeterRegistry registry) {
    this.registry = Objects.requireNonNull(registry);
  }

  /**
   * Makes a client report its dials and its connections, those of channels included. The listeners
   * that the client has stay.
   *
   * @param client the client
   * @param <P> its packet type
   * @return a copy that is watched
   */
  public <P> PeerClient<P> watch(PeerClient<P> client) {
    PeerClient<P> watched =
        client
            .dial(spec -> spec.doOnEvent(dials).monitorEach(this::link))
            .observe(handshakes)
            .observe(sessions);
    return registry == null ? watched : watched.meterRegistry(registry);
  }

  /**
   * Makes a server report where it listens, how much of its limits it uses, its connections, those
   * of channels included, and the peers that it refused. The listeners that the server has stay.
   * From now on the node is well only while a server listens: {@code /health} of its page has
   * status 503 until one does, and again once none does any more.
   *
   * @param server the server
   * @param <P> its packet type
   * @return a copy that is watched
   */
  public <P> PeerServer<P> watch(PeerServer<P> server) {
    servers.expected();
    PeerServer<P> watched =
        server
            .observe(handshakes)
            .observe(sessions)
            .doOnBound(servers::bound)
            .doOnUnbound(servers::unbound)
            .doOnHandshakeFailure(failure -> refused(failure.remoteAddress(), failure.cause()));
    return registry == null ? watched : watched.meterRegistry(registry);
  }

  void refused(SocketAddress from, PeerException why) {
    board.refused(from, why);
  }

  /** Listens to one connection publisher. */
  Consumer<DialEvent> link() {
    return dials.link();
  }

  /** Puts the sessions on the board that it is told of. */
  SessionListener sessions() {
    return sessions;
  }

  /**
   * Makes the page show channels, each while it is open.
   *
   * @param spec that of one client or server
   * @return a copy that is watched
   */
  public ChannelSpec watch(ChannelSpec spec) {
    return spec.observe(channelObserver());
  }

  ChannelObserver channelObserver() {
    return channels.observer();
  }

  /**
   * Measures how long a peer takes to answer a {@link PeerConnection#ping}, every 5 s at most and
   * only while somebody watches the page, which shows it. Does nothing for a connection that is not
   * watched, has ended, or is not upgraded.
   *
   * @param peer a connection of a client or server that is watched. No packets are received from
   *     it: the application has to do that, or no answer comes
   */
  public void ping(PeerConnection<?> peer) {
    sessions.ping(peer);
  }

  /**
   * Gives a peer a name that people know it by. It is kept for good, so do not let strangers decide
   * for how many peers there are names.
   *
   * @param id the peer
   * @param name its name
   */
  public void name(NodeId id, String name) {
    board.name(id, name);
  }

  /**
   * Makes the page show how many nodes and networks a list keeps out. Only the latest list is
   * shown.
   *
   * @param list the list, which the monitor changes in no way
   */
  public void bans(BanList list) {
    bans.set(Objects.requireNonNull(list));
  }

  /**
   * Makes the page show the fleet that the node is an instance of. How many peers each instance has
   * is asked of the fleet's engine, every 5 s at most and only while somebody watches the page or
   * asks for {@code /fleet}. Only the latest fleet is shown.
   *
   * @param watched the fleet, which the monitor changes in no way
   */
  public void fleet(WatchedFleet watched) {
    fleet.set(new FleetBoard(Objects.requireNonNull(watched), this::elapsedNanos));
  }

  /**
   * Records a round trip that the application has measured, for the page's percentiles. From the
   * first one on they are of these alone, and not of the pings of sessions.
   *
   * @param nanos from the question to the answer, in nanoseconds; more than an hour counts as one,
   *     and less than zero as zero
   */
  public void roundTrip(long nanos) {
    roundTrips.measured(nanos);
  }

  /**
   * Records what happens from now on, second by second, for the 15 minutes before somebody looks.
   * Further calls do nothing. A page that is mounted has no end that it is told of, so this ends by
   * itself once nobody holds the monitor any more.
   *
   * @param seconds emits when a second is over
   */
  void keepHistory(Flux<?> seconds) {
    if (history.compareAndSet(null, new History(this::reading))) {
      sampleWhileHeld(new WeakReference<>(this), seconds);
    }
  }

  private static void sampleWhileHeld(WeakReference<NodeMonitor> monitor, Flux<?> seconds) {
    seconds.onBackpressureDrop().takeWhile(second -> isSampled(monitor.get())).subscribe();
  }

  private static boolean isSampled(@Nullable NodeMonitor monitor) {
    if (monitor == null) {
      return false;
    }
    monitor.sample();
    return true;
  }

  /** Ends a second of the history, if there is one. */
  void sample() {
    History kept = history.get();
    if (kept != null) {
      kept.sample();
    }
  }

  private History.Reading reading() {
    return new History.Reading(
        elapsedNanos(),
        board.all().counts(),
        board.all().pressure(),
        board.opened(),
        board.ended(),
        board.refused(),
        dials.reconnects(),
        board.count(),
        handshakes.percentiles(),
        roundTrips.take());
  }

  History.Recorded history() {
    History kept = history.get();
    return kept == null ? new History.Recorded(History.FIELDS, List.of()) : kept.all();
  }

  /**
   * What there is to see of the node as a whole. One caller at a time, since peers' rates are those
   * since the last.
   *
   * @param node which node this is
   * @param link its network, where that can be broken
   */
  synchronized Snapshot snapshot(Node node, @Nullable Link link) {
    board.measure(elapsedNanos());
    History kept = history.get();
    List<Server> listening = servers.servers();
    return new Snapshot(
        elapsedMillis(),
        node,
        Facts.Resources.now(),
        status(!listening.isEmpty()),
        listening,
        link,
        board.count(),
        channels.count(),
        board.sessions(),
        banned(),
        fleetAtAGlance(),
        kept == null ? List.of() : kept.latest(LATEST),
        dials.reconnects(),
        board.refusedWhy(),
        board.endedWhy(),
        dials.targets(TARGETS),
        dials.rounds().stream().limit(ROUNDS).toList());
  }

  private Status status(boolean listens) {
    DialLog.Down down = dials.down();
    boolean connected = board.count() > 0;
    Mood mood;
    if (connected) {
      mood = down.down() == 0 ? Mood.CONNECTED : Mood.PARTLY_CONNECTED;
    } else if (down.down() > 0) {
      mood = Mood.DIALING;
    } else {
      mood = listens ? Mood.LISTENING : Mood.IDLE;
    }
    long since = mood == Mood.PARTLY_CONNECTED ? down.since() : board.emptySince();
    return new Status(
        mood,
        Math.max(since, mood == Mood.DIALING ? down.since() : 0) / 1_000_000,
        down.targets(),
        down.down());
  }

  private @Nullable Bans banned() {
    BanList list = bans.get();
    if (list == null) {
      return null;
    }
    List<BanList.Ban> entries = list.entries();
    return new Bans(
        entries.size(),
        entries.isEmpty()
            ? null
            : Math.max(0, Duration.between(Instant.now(), entries.get(0).until()).toMillis()));
  }

  private @Nullable FleetShown fleetAtAGlance() {
    FleetBoard board = fleet.get();
    if (board == null) {
      return null;
    }
    // Seen with the next snapshot: this one does not wait.
    board.count().subscribe();
    return board.shown(FleetBoard.TOP);
  }

  boolean hasFleet() {
    return fleet.get() != null;
  }

  /**
   * The fleet, its peers counted lately.
   *
   * @return emits it, with up to 10,000 of its instances; empty without one
   */
  Mono<FleetShown> fleet() {
    FleetBoard board = fleet.get();
    return board == null
        ? Mono.empty()
        : board.count().then(Mono.fromSupplier(() -> board.shown(LISTED)));
  }

  View.Rows<Peer> peerRows(View view) {
    return board.rows(view, elapsedNanos());
  }

  View.Rows<Channel> channelRows(View view) {
    return channels.rows(view, elapsedNanos());
  }

  View.Rows<Ending> endingRows(View view) {
    return board.endings(view, elapsedNanos());
  }

  /**
   * All peers and channels, and the latest endings.
   *
   * @param at the moment, in milliseconds on the node's clock
   * @param count how many peers are connected
   * @param peers those that carried most, at most 10,000
   * @param channelCount how many channels are open
   * @param channels those that keep most, at most 10,000
   * @param recent the latest endings, the latest first
   */
  record PeerList(
      long at,
      int count,
      List<Peer> peers,
      int channelCount,
      List<Channel> channels,
      List<Ending> recent) {}

  PeerList peers() {
    return new PeerList(
        elapsedMillis(),
        board.count(),
        board.peers(LISTED),
        channels.count(),
        channels.channels(LISTED),
        board.recent());
  }

  /**
   * Whether the node is well.
   *
   * @param status {@code up}; {@code starting} before a server listens that is watched, {@code
   *     draining} once none listens any more; or {@code down} where a link is not connected
   * @param at the moment, in milliseconds on the node's clock
   * @param inbound how many peers have dialled it
   * @param outbound how many it has dialled
   * @param links what it keeps connected; nothing that is dialled once
   */
  record Health(String status, long at, int inbound, int outbound, List<DialledLink> links) {
    boolean isUp() {
      return status.equals("up");
    }
  }

  Health health() {
    List<DialledLink> links = dials.links();
    return new Health(
        status(links),
        elapsedMillis(),
        board.count(Direction.INBOUND),
        board.count(Direction.OUTBOUND),
        links);
  }

  private String status(List<DialledLink> links) {
    return switch (servers.phase()) {
      case STARTING -> "starting";
      case DRAINING -> "draining";
      case ABSENT, LISTENING -> links.stream().allMatch(DialledLink::up) ? "up" : "down";
    };
  }

  private long elapsedNanos() {
    return System.nanoTime() - start;
  }

  private long elapsedMillis() {
    return elapsedNanos() / 1_000_000;
  }
}
