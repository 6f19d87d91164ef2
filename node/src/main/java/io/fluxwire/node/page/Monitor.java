package io.fluxwire.node.page;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.channel.ChannelObserver;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.page.Snapshot.Channel;
import io.fluxwire.node.page.Snapshot.DialledLink;
import io.fluxwire.node.page.Snapshot.Ending;
import io.fluxwire.node.page.Snapshot.Link;
import io.fluxwire.node.page.Snapshot.Node;
import io.fluxwire.node.page.Snapshot.Peer;
import io.fluxwire.node.page.Snapshot.Percentiles;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.time.Clock;
import java.util.List;
import java.util.function.ToIntFunction;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/**
 * Sees what a node does: who is connected, what each carries, why one went, how dialing goes. The
 * node passes its clients, servers and connections through here. Thread-safe; its memory does not
 * grow with the number of connections that there have been.
 */
public final class Monitor {

  /** Who dialled. */
  public enum Direction {
    /** The peer. */
    @JsonProperty("in")
    INBOUND,
    /** This node. */
    @JsonProperty("out")
    OUTBOUND
  }

  /** How many peers a snapshot for the page has at most, and how many channels. */
  static final int SHOWN = 200;

  /** How many {@code /peers} lists at most. */
  static final int LISTED = 10_000;

  private final long start = System.nanoTime();
  private final MeterRegistry registry;
  private final PeerBoard board = new PeerBoard(this::elapsedNanos);
  private final ChannelBoard channels = new ChannelBoard(this::elapsedNanos, board);
  private final ChannelSessions channelSessions = new ChannelSessions(board);
  private final Handshakes handshakes = new Handshakes(this::elapsedNanos);
  private final DialLog dials = new DialLog(this::elapsedNanos, Clock.systemUTC());
  private final Recorder roundTripNanos = new Recorder(3_600_000_000_000L, 2);
  private @Nullable Histogram lastRoundTrips;

  /**
   * A monitor.
   *
   * @param registry takes the meters of the node's clients and servers
   */
  public Monitor(MeterRegistry registry) {
    this.registry = registry;
  }

  /** A monitor whose meters go nowhere. */
  public Monitor() {
    this(new CompositeMeterRegistry());
  }

  /**
   * Makes a client tell of its dials and of its channels' connections, and count.
   *
   * @param client the client
   * @param <P> its packet type
   * @return a copy that is watched
   */
  public <P> PeerClient<P> watch(PeerClient<P> client) {
    return client
        .doOnDial(dials)
        .meterRegistry(registry)
        .observe(handshakes)
        .observe(channelSessions);
  }

  /**
   * Makes a server tell whom it refused and of its channels' connections, and count.
   *
   * @param server the server
   * @param <P> its packet type
   * @return a copy that is watched
   */
  public <P> PeerServer<P> watch(PeerServer<P> server) {
    return server
        .meterRegistry(registry)
        .observe(handshakes)
        .observe(channelSessions)
        .doOnHandshakeFailure(failure -> board.refused(failure.remoteAddress(), failure.cause()));
  }

  /**
   * Puts channels on the board, each while it is open.
   *
   * @param spec of one client or server
   * @return a copy that is watched
   */
  public ChannelSpec watch(ChannelSpec spec) {
    return spec.observe(channelObserver());
  }

  ChannelObserver channelObserver() {
    return channels.observer();
  }

  /**
   * Puts a peer on the board until its connection ends.
   *
   * @param peer the connection, just made
   * @param direction who dialled
   * @param size a packet's size in bytes; called for each packet, on the thread that it is on
   * @param <P> the packet type
   * @return the same connection, whose packets are counted: a received one when it is delivered, a
   *     sent one when the connection takes it
   */
  public <P> PeerConnection<P> watch(
      PeerConnection<P> peer, Direction direction, ToIntFunction<? super P> size) {
    return board.watch(peer, direction, size);
  }

  /**
   * Gives a peer a name that people know it by.
   *
   * @param id whose
   * @param name the name
   */
  public void name(NodeId id, String name) {
    board.name(id, name);
  }

  /**
   * Records how long an answer took.
   *
   * @param nanos from the question to the answer, in nanoseconds; more than an hour counts as one
   */
  public void roundTrip(long nanos) {
    roundTripNanos.recordValue(Math.min(Math.max(nanos, 0), 3_600_000_000_000L));
  }

  /** Starts to count round trips anew: what was before anybody watched is old. */
  void forgetRoundTrips() {
    roundTripNanos.reset();
  }

  /**
   * What there is to see. One caller at a time, since each gets the round trips since the last. The
   * peers that are shown are asked for an answer now and then, so that the next ones can tell how
   * long that takes: nobody is asked while nobody watches.
   *
   * @param node which node this is
   * @param link its network, where that can be broken
   */
  synchronized Snapshot snapshot(Node node, @Nullable Link link) {
    Histogram roundTrips = roundTripNanos.getIntervalHistogram(lastRoundTrips);
    lastRoundTrips = roundTrips;
    List<Peer> shown = board.peers(SHOWN);
    board.ping(shown);
    return new Snapshot(
        elapsedMillis(),
        node,
        link,
        board.total(),
        board.opened(),
        board.ended(),
        board.refused(),
        dials.reconnects(),
        board.count(),
        shown,
        channels.count(),
        channels.channels(SHOWN),
        board.recent(),
        dials.rounds(),
        handshakes.percentiles(),
        percentiles(roundTrips));
  }

  private static @Nullable Percentiles percentiles(Histogram nanos) {
    return nanos.getTotalCount() == 0
        ? null
        : new Percentiles(
            nanos.getTotalCount(),
            nanos.getValueAtPercentile(50) / 1e6,
            nanos.getValueAtPercentile(99) / 1e6,
            nanos.getMaxValue() / 1e6);
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
   * @param status {@code up}, or {@code down} where a name that it dials is not connected
   * @param at the moment, in milliseconds on the node's clock
   * @param inbound how many peers have dialled it
   * @param outbound how many it has dialled
   * @param links what it dials
   */
  record Health(String status, long at, int inbound, int outbound, List<DialledLink> links) {
    boolean isUp() {
      return status.equals("up");
    }
  }

  Health health() {
    List<DialledLink> links = dials.links();
    return new Health(
        links.stream().allMatch(DialledLink::up) ? "up" : "down",
        elapsedMillis(),
        board.count(Direction.INBOUND),
        board.count(Direction.OUTBOUND),
        links);
  }

  private long elapsedNanos() {
    return System.nanoTime() - start;
  }

  private long elapsedMillis() {
    return elapsedNanos() / 1_000_000;
  }
}
