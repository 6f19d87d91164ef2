package io.fluxwire.dial;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.SerialExecutor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Many peers, one connection with each, whoever dialled. Peers that are added are dialled as long
 * as they are not connected; peers that dial us are handed to {@link #accept}.
 *
 * <pre>{@code
 * PeerGroup<Pkt> group = PeerGroup.of(key.id());
 * group.add(peerId, client.expect(peerId)::connections);
 * server.handle(group::accept).bindNow();
 * group.receive().subscribe(received -> ...);
 * }</pre>
 *
 * <p>Two nodes that dial each other end with one connection, the same one on both sides: of two
 * that different sides dialled, the one that the lower node id dialled stays. Where the one that is
 * there is older than {@link #SIMULTANEOUS}, or the same side dialled both, the newer one stays: a
 * peer does not dial while it is connected, so it must have lost the older one. The connection that
 * goes is closed in good order, and what the peer has sent on it is still received.
 *
 * <p>Thread-safe.
 *
 * @param <P> the application's packet type; not reference-counted
 */
public final class PeerGroup<P> implements Disposable {

  /** How far apart two connections with one peer can be made and still be simultaneous: 30 s. */
  public static final Duration SIMULTANEOUS = Duration.ofSeconds(30);

  /** How many changes may wait for a subscriber that is slow. */
  private static final int CHANGES_AHEAD = 1024;

  private static final int PACKETS_AHEAD = 32;

  private final NodeId self;
  private final Scheduler clock;
  private final SerialExecutor serial = new SerialExecutor();
  private final Map<NodeId, Entry<P>> live = new ConcurrentHashMap<>();
  private final Map<NodeId, Disposable> publishers = new ConcurrentHashMap<>();
  private final Map<NodeId, LinkHealth> healths = new ConcurrentHashMap<>();
  private final List<FluxSink<Change<P>>> observers = new CopyOnWriteArrayList<>();
  private final AtomicBoolean received = new AtomicBoolean();
  private volatile @Nullable FluxSink<PeerConnection<P>> reader;
  private volatile boolean disposed;

  /**
   * An age has to be monotonic: a scheduler's nanoseconds are, its milliseconds are the time of
   * day.
   */
  private record Entry<P>(PeerConnection<P> connection, boolean dialled, long sinceNanos) {}

  /** What changed. */
  public enum Kind {
    /** A peer is connected that was not. */
    JOINED,
    /** A peer's connection made way for another one with the same peer. */
    REPLACED,
    /** A peer is not connected any more. */
    LEFT,
    /** A peer is not dialled any more, for another attempt cannot help. */
    GAVE_UP
  }

  /**
   * A change of the group.
   *
   * @param kind what changed
   * @param peer who
   * @param connection the connection that is up now, or went; null for {@link Kind#GAVE_UP}
   * @param reason why the connection went; null unless it did
   * @param failure why it is not dialled any more; null unless so
   * @param <P> the application's packet type
   */
  public record Change<P>(
      Kind kind,
      NodeId peer,
      @Nullable PeerConnection<P> connection,
      @Nullable CloseReason reason,
      @Nullable Throwable failure) {}

  /**
   * A packet, and who sent it.
   *
   * @param connection where it came in
   * @param packet the packet
   * @param <P> the application's packet type
   */
  public record Received<P>(PeerConnection<P> connection, P packet) {}

  private PeerGroup(NodeId self, Scheduler clock) {
    this.self = Objects.requireNonNull(self, "self");
    this.clock = Objects.requireNonNull(clock, "clock");
  }

  /**
   * An empty group.
   *
   * @param self this node's id
   * @param <P> the application's packet type
   * @return the group
   */
  public static <P> PeerGroup<P> of(NodeId self) {
    return new PeerGroup<>(self, Schedulers.parallel());
  }

  /**
   * An empty group, by another clock.
   *
   * @param self this node's id
   * @param clock tells the age of connections
   * @param <P> the application's packet type
   * @return the group
   */
  public static <P> PeerGroup<P> of(NodeId self, Scheduler clock) {
    return new PeerGroup<>(self, clock);
  }

  /**
   * Keeps a peer connected from now on.
   *
   * @param peer who; a connection with anyone else is closed
   * @param dialer a connection publisher that dials only after the given permission has completed:
   *     {@code PeerClient::connections}. The permission waits while the peer is connected
   * @throws IllegalStateException when the peer is in the group, or the group is disposed
   */
  public void add(
      NodeId peer, Function<? super Mono<Void>, ? extends Publisher<PeerConnection<P>>> dialer) {
    Disposable.Swap slot = Disposables.swap();
    if (disposed) {
      throw new IllegalStateException("the group is disposed");
    }
    if (publishers.putIfAbsent(peer, slot) != null) {
      throw new IllegalStateException("node " + peer + " is in the group already: remove it first");
    }
    healths.putIfAbsent(peer, new LinkHealth(false, now(), null));
    slot.update(
        Flux.from(dialer.apply(absent(peer)))
            .subscribe(
                connection -> {
                  if (connection.remoteId().equals(peer)) {
                    take(connection, true);
                  } else {
                    connection.close().subscribe();
                  }
                },
                failure -> {
                  publishers.remove(peer, slot);
                  tell(new Change<>(Kind.GAVE_UP, peer, null, null, failure));
                }));
    if (disposed) {
      slot.dispose();
    }
  }

  /**
   * Stops to dial a peer and closes its connection.
   *
   * @param peer who
   * @return whether it was dialled or connected
   */
  public boolean remove(NodeId peer) {
    Disposable publisher = publishers.remove(peer);
    if (publisher != null) {
      publisher.dispose();
    }
    Entry<P> entry = live.get(peer);
    if (entry == null) {
      healths.remove(peer);
    }
    if (entry != null) {
      entry.connection().close().subscribe();
    }
    return publisher != null || entry != null;
  }

  /**
   * Takes a connection that the peer dialled; a server's handler.
   *
   * @param connection the connection, not yet received from
   * @return completes when the connection has ended
   */
  public Mono<Void> accept(PeerConnection<P> connection) {
    return Mono.defer(
        () -> {
          take(connection, false);
          return connection.onClose().then();
        });
  }

  /** Completes once the peer is not connected. */
  private Mono<Void> absent(NodeId peer) {
    return Mono.defer(
        () -> {
          Entry<P> entry = live.get(peer);
          return entry == null || entry.connection().isDisposed()
              ? Mono.empty()
              : entry.connection().onClose().then(absent(peer));
        });
  }

  private void take(PeerConnection<P> connection, boolean dialled) {
    Entry<P> entry = new Entry<>(connection, dialled, clock.now(TimeUnit.NANOSECONDS));
    serial.execute(() -> take(entry));
  }

  private void take(Entry<P> entry) {
    PeerConnection<P> connection = entry.connection();
    NodeId peer = connection.remoteId();
    if (disposed) {
      connection.close().subscribe();
      return;
    }
    Entry<P> before = live.get(peer);
    read(connection);
    if (before != null && !before.connection().isDisposed() && !replaces(entry, before)) {
      connection.close().subscribe();
      return;
    }
    live.put(peer, entry);
    connection.onClose().subscribe(reason -> serial.execute(() -> ended(peer, entry, reason)));
    if (before == null) {
      tell(new Change<>(Kind.JOINED, peer, connection, null, null));
    } else {
      before.connection().close().subscribe();
      tell(new Change<>(Kind.REPLACED, peer, connection, null, null));
    }
  }

  private boolean replaces(Entry<P> newer, Entry<P> older) {
    if (newer.dialled() == older.dialled()
        || newer.sinceNanos() - older.sinceNanos() > SIMULTANEOUS.toNanos()) {
      return true;
    }
    boolean selfIsLower = self.compareTo(newer.connection().remoteId()) < 0;
    return newer.dialled() == selfIsLower;
  }

  private void read(PeerConnection<P> connection) {
    FluxSink<PeerConnection<P>> to = reader;
    if (to != null) {
      to.next(connection);
    }
  }

  private void ended(NodeId peer, Entry<P> entry, CloseReason reason) {
    if (live.remove(peer, entry)) {
      tell(new Change<>(Kind.LEFT, peer, entry.connection(), reason, null));
    }
  }

  private void tell(Change<P> change) {
    note(change);
    serial.execute(() -> observers.forEach(observer -> observer.next(change)));
  }

  private Instant now() {
    return Instant.ofEpochMilli(clock.now(TimeUnit.MILLISECONDS));
  }

  private void note(Change<P> change) {
    Instant now = now();
    CloseReason reason = change.reason();
    Throwable error = reason == null ? change.failure() : reason.cause();
    boolean up = change.connection() != null && reason == null;
    boolean kept = change.kind() == Kind.GAVE_UP || publishers.containsKey(change.peer());
    healths.compute(
        change.peer(),
        (peer, known) -> {
          LinkHealth was = known == null ? new LinkHealth(false, now, null) : known;
          return up ? was.connected(now) : kept ? was.down(now, error) : null;
        });
  }

  /**
   * How the peers are doing: those that are connected, and those that were added and not removed.
   * What made a dial fail is known only once it is given up; {@link HealthMonitor} hears of it from
   * the client.
   *
   * @return a snapshot
   */
  public Map<NodeId, LinkHealth> health() {
    return Map.copyOf(healths);
  }

  /**
   * Joins and leaves, beginning with a join for each peer that is connected. Any number of
   * subscribers; one that is more than 1,024 changes behind errors. Completes when the group is
   * disposed.
   *
   * @return the changes
   */
  public Flux<Change<P>> changes() {
    return Flux.<Change<P>>create(
            sink ->
                serial.execute(
                    () -> {
                      if (disposed) {
                        sink.complete();
                        return;
                      }
                      live.forEach(
                          (peer, entry) ->
                              sink.next(
                                  new Change<>(Kind.JOINED, peer, entry.connection(), null, null)));
                      observers.add(sink);
                      sink.onDispose(() -> observers.remove(sink));
                    }),
            FluxSink.OverflowStrategy.IGNORE)
        .onBackpressureBuffer(CHANGES_AHEAD);
  }

  /**
   * The packets of all peers; each peer's in order. Demand reaches the sockets: at most 32 packets
   * of each peer wait. One subscriber, which should be there from the start: a peer that nobody
   * reads cannot be seen to leave. A connection's fault does not end it; {@link #changes()} tells.
   * Completes when the group is disposed.
   *
   * @return the packets
   */
  public Flux<Received<P>> receive() {
    return Flux.<PeerConnection<P>>create(
            sink -> {
              if (!received.compareAndSet(false, true)) {
                sink.error(new IllegalStateException("receive() has one subscriber; share() it"));
                return;
              }
              serial.execute(
                  () -> {
                    if (disposed) {
                      sink.complete();
                      return;
                    }
                    reader = sink;
                    live.values().forEach(entry -> sink.next(entry.connection()));
                  });
            },
            FluxSink.OverflowStrategy.IGNORE)
        .flatMap(
            connection ->
                connection
                    .receive()
                    .map(packet -> new Received<>(connection, packet))
                    .onErrorComplete(PeerException.class),
            Integer.MAX_VALUE,
            PACKETS_AHEAD);
  }

  /**
   * Who is connected now.
   *
   * @return a snapshot
   */
  public Set<NodeId> peers() {
    return Set.copyOf(live.keySet());
  }

  /**
   * Sends to one peer.
   *
   * @param peer who
   * @param packets what
   * @return as {@link PeerConnection#send}; errors with {@link ConnectionClosedException} when the
   *     peer is not connected
   */
  public Mono<Void> send(NodeId peer, Publisher<? extends P> packets) {
    return Mono.defer(
        () -> {
          Entry<P> entry = live.get(peer);
          return entry == null
              ? Mono.error(notConnected("node " + peer + " is not connected"))
              : entry.connection().send(packets);
        });
  }

  /**
   * Sends a packet to each peer that is connected now.
   *
   * @param packet what
   * @return completes when it is written to all; errors at the end when that failed for some
   */
  public Mono<Void> sendToAll(P packet) {
    return Mono.defer(
        () ->
            Mono.whenDelayError(
                live.values().stream()
                    .map(entry -> entry.connection().send(Mono.just(packet)))
                    .toList()));
  }

  /**
   * Sends a packet to one of the peers, at random; to another one when that fails.
   *
   * @param packet what
   * @return who it was written to; errors with {@link ConnectionClosedException} when it could be
   *     written to nobody
   */
  public Mono<NodeId> sendToAny(P packet) {
    return Mono.defer(
        () -> {
          List<Entry<P>> candidates = new ArrayList<>(live.values());
          Collections.shuffle(candidates);
          return Flux.fromIterable(candidates)
              .concatMap(
                  entry ->
                      entry
                          .connection()
                          .send(Mono.just(packet))
                          .thenReturn(entry.connection().remoteId())
                          .onErrorComplete(ConnectionClosedException.class),
                  1)
              .next()
              .switchIfEmpty(Mono.error(() -> notConnected("no peer could be written to")));
        });
  }

  private static ConnectionClosedException notConnected(String message) {
    return new ConnectionClosedException(Reason.CONNECTION_LOST, message);
  }

  /** Stops to dial and closes all connections, as {@link PeerConnection#close()} does. */
  @Override
  public void dispose() {
    disposed = true;
    publishers.values().forEach(Disposable::dispose);
    publishers.clear();
    serial.execute(
        () -> {
          live.values().forEach(entry -> entry.connection().close().subscribe());
          FluxSink<PeerConnection<P>> to = reader;
          if (to != null) {
            to.complete();
          }
          observers.forEach(FluxSink::complete);
        });
  }

  @Override
  public boolean isDisposed() {
    return disposed;
  }
}
