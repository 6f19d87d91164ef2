package io.fluxwire.group;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Undelivered;
import io.fluxwire.dial.ConnectionHealth;
import io.fluxwire.dial.ConnectionSource;
import io.fluxwire.group.Member.Upkeep;
import io.fluxwire.group.PeerGroup.Change;
import io.fluxwire.group.PeerGroup.Received;
import io.fluxwire.group.TieBreak.Dialler;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.SerialExecutor;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Who is in a group, and by which connection.
 *
 * <p>What happens is a turn of the executor: it changes the members and tells the change, so that
 * nobody hears of changes in another order than they were made in. Only who is dialled is decided
 * outside, since {@link #add} and {@link #remove} answer at once; a turn that is about a dialling
 * which has been removed meanwhile does nothing.
 *
 * <pre>
 *            accept                    Left
 *   (none) ──────────▶ NONE, up ──────────────▶ (none)
 *      │ add
 *      ▼      connected or accepted
 *   DIALLED ────────────────────────▶ DIALLED, up      remove: NONE, or (none) when it is down
 *      │      ◀────────────────────────  │
 *      │ GaveUp         Left             │ GaveUp      add: DIALLED
 *      ▼                                 ▼
 *   GIVEN_UP ◀──────────────────────▶ GIVEN_UP, up
 * </pre>
 */
final class Membership<P> {

  /**
   * How long this node keeps a connection that it dialled and that makes way for another, once the
   * peer has answered on the other one. The peer has that only when its own handshake is over, and
   * if this one ended before, the peer would see us leave. Where pings are not to be had, this time
   * is all that there is.
   */
  private static final Duration OURS_LINGERS = Duration.ofSeconds(1);

  /**
   * How long a connection that makes way is kept at most. One that the peer dialled is closed by
   * the peer: this is the limit for one that does not, since it is no group.
   */
  private static final Duration LINGERS_AT_MOST = Duration.ofSeconds(10);

  private final NodeId self;
  private final Scheduler clock;
  private final GroupHealth healths;
  private final SerialExecutor serial = new SerialExecutor();
  private final ChangeFeed<P> feed = new ChangeFeed<>(serial, this::joins);
  private final MergedInbound<P> inbound = new MergedInbound<>(serial, this::openConnections);
  private final Absences absences = new Absences(serial, this::isAbsent);
  private final Sinks.Empty<Void> ended = Sinks.empty();

  /** Who is dialled. Any thread changes it. */
  private final Map<NodeId, Disposable> dialled = new ConcurrentHashMap<>();

  /** Any thread reads it; only turns change it. */
  private final Map<NodeId, Member<P>> members = new ConcurrentHashMap<>();

  /**
   * The members' connections, and those that make way or are being closed. Belongs to the
   * executor's turns.
   */
  private final Set<MemberConnection<P>> open = new LinkedHashSet<>();

  private volatile boolean disposed;

  Membership(NodeId self, Scheduler clock) {
    this.self = Objects.requireNonNull(self, "self");
    this.clock = Objects.requireNonNull(clock, "clock");
    this.healths = new GroupHealth(clock);
  }

  // What the application asks for, on any thread.

  void add(NodeId peer, ConnectionSource<P> source) {
    if (disposed) {
      throw new IllegalStateException("the group is disposed");
    }
    Disposable.Swap dialling = Disposables.swap();
    if (dialled.putIfAbsent(peer, dialling) != null) {
      throw new IllegalStateException("node " + peer + " is in the group already: remove it first");
    }
    Flux<PeerConnection<P>> connections;
    try {
      connections =
          Objects.requireNonNull(
              source.connections(absences.await(peer)), "the source gave null, and no publisher");
    } catch (Throwable thrown) {
      dialled.remove(peer, dialling);
      throw thrown;
    }
    serial.execute(() -> added(peer, dialling));
    dialling.update(
        ForeignSource.flux("the publisher of a member's connections", () -> connections)
            .subscribe(
                connection -> dialled(peer, dialling, connection),
                failure -> serial.execute(() -> gaveUp(peer, dialling, failure)),
                () -> serial.execute(() -> gaveUp(peer, dialling, null))));
    if (disposed) {
      dialled.remove(peer, dialling);
      dialling.dispose();
    }
  }

  boolean remove(NodeId peer) {
    Disposable dialling = dialled.remove(peer);
    if (dialling != null) {
      dialling.dispose();
    }
    boolean isConnected = connection(peer) != null;
    serial.execute(() -> removed(peer));
    return dialling != null || isConnected;
  }

  void accept(PeerConnection<P> connection) {
    MemberConnection<P> accepted = stamped(connection, Dialler.PEER);
    serial.execute(() -> take(accepted));
  }

  @Nullable PeerConnection<P> connection(NodeId peer) {
    Member<P> member = members.get(peer);
    MemberConnection<P> connected = member == null ? null : member.connection();
    return connected == null ? null : connected.connection();
  }

  /** Who is connected. */
  Set<NodeId> peers() {
    return members.entrySet().stream()
        .filter(member -> member.getValue().connection() != null)
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Those of all members that are connected. */
  List<PeerConnection<P>> connections() {
    return members.values().stream()
        .map(Member::connection)
        .filter(Objects::nonNull)
        .map(MemberConnection::connection)
        .toList();
  }

  Map<NodeId, ConnectionHealth> health() {
    Map<NodeId, ConnectionHealth> snapshot = new HashMap<>();
    members.forEach((peer, member) -> snapshot.put(peer, member.health()));
    return Map.copyOf(snapshot);
  }

  Flux<Change<P>> changes() {
    return feed.flux();
  }

  Flux<Received<P>> received() {
    return inbound.flux();
  }

  void dispose() {
    disposed = true;
    dialled.values().forEach(Disposable::dispose);
    dialled.clear();
    serial.execute(this::end);
  }

  boolean isDisposed() {
    return disposed;
  }

  /** Completes when the group is disposed, and all its connections are closed. */
  Mono<Void> closed() {
    return ended.asMono();
  }

  /** Disposes the group; emits what its connections did not deliver, once all are closed. */
  Mono<Undelivered> closeGracefully() {
    return Mono.<List<PeerConnection<P>>>create(
            sink ->
                serial.execute(
                    () -> {
                      // In one turn, so that no connection is taken that would not be counted, and
                      // a cancel cannot come in between.
                      List<PeerConnection<P>> counted = openConnections();
                      dispose();
                      sink.success(counted);
                    }))
        .flatMap(
            counted ->
                Flux.fromIterable(counted)
                    .flatMap(PeerConnection::undelivered, Math.max(1, counted.size()))
                    .reduce(Undelivered.NOTHING, Undelivered::plus))
        .delayUntil(undelivered -> closed());
  }

  /** Closes at once what is open. */
  void abort() {
    serial.execute(() -> List.copyOf(open).forEach(MemberConnection::abort));
  }

  private MemberConnection<P> stamped(PeerConnection<P> connection, Dialler dialler) {
    return new MemberConnection<>(connection, dialler, clock.now(TimeUnit.NANOSECONDS));
  }

  private void dialled(NodeId peer, Disposable dialling, PeerConnection<P> connection) {
    MemberConnection<P> made = stamped(connection, Dialler.SELF);
    serial.execute(
        () -> {
          if (isCurrent(peer, dialling) && made.peer().equals(peer)) {
            take(made);
          } else {
            made.close();
          }
        });
  }

  // The turns.

  private boolean isCurrent(NodeId peer, Disposable dialling) {
    return dialled.get(peer) == dialling;
  }

  private void added(NodeId peer, Disposable dialling) {
    if (isCurrent(peer, dialling)) {
      members.put(peer, member(peer).with(Upkeep.DIALLED));
    }
  }

  private Member<P> member(NodeId peer) {
    Member<P> known = members.get(peer);
    return known == null ? new Member<>(Upkeep.NONE, null, healths.begin()) : known;
  }

  private void gaveUp(NodeId peer, Disposable dialling, @Nullable Throwable failure) {
    if (!dialled.remove(peer, dialling)) {
      return;
    }
    Member<P> member = member(peer);
    members.put(
        peer,
        new Member<>(
            Upkeep.GIVEN_UP, member.connection(), healths.withError(member.health(), failure)));
    feed.emit(new Change.GaveUp<>(peer, failure));
  }

  private void removed(NodeId peer) {
    Member<P> member = members.get(peer);
    if (member == null) {
      return;
    }
    MemberConnection<P> connected = member.connection();
    boolean isAddedAnew = dialled.containsKey(peer);
    if (connected != null) {
      members.put(peer, isAddedAnew ? member : member.with(Upkeep.NONE));
      connected.close();
    } else if (!isAddedAnew) {
      members.remove(peer);
    }
  }

  private void take(MemberConnection<P> newer) {
    if (disposed) {
      newer.close();
      return;
    }
    open.add(newer);
    newer.whenClosed(reason -> serial.execute(() -> closed(newer, reason)));
    MemberConnection<P> older = member(newer.peer()).connection();
    if (older == null) {
      connected(newer);
      feed.emit(joined(newer));
    } else if (older.isEnding()) {
      replace(older, newer);
    } else {
      switch (older.against(newer, self)) {
        case OLDER_IS_LOST -> {
          replace(older, newer);
          older.close();
        }
        case NEWER_STAYS -> {
          replace(older, newer);
          closeOnceReplaced(older, newer);
        }
        case OLDER_STAYS -> closeOnceReplaced(newer, older);
      }
    }
    inbound.read(newer.connection());
  }

  private void connected(MemberConnection<P> connection) {
    Member<P> member = member(connection.peer());
    members.put(connection.peer(), member.with(connection, healths.up(member.health())));
  }

  private void replace(MemberConnection<P> older, MemberConnection<P> newer) {
    connected(newer);
    feed.emit(new Change.Replaced<>(newer.connection(), older.connection()));
  }

  /** Keeps the one that goes open until the peer has the one that stays. */
  private void closeOnceReplaced(MemberConnection<P> goes, MemberConnection<P> stays) {
    Mono<Void> limit = Mono.delay(LINGERS_AT_MOST, clock).then();
    Mono<Void> replaced =
        goes.dialler() == Dialler.SELF
            ? stays.answered().then(Mono.delay(OURS_LINGERS, clock)).then()
            : Mono.never();
    Mono.firstWithSignal(limit, replaced, goes.closed(), stays.closed())
        .subscribe(null, failure -> goes.close(), goes::close);
  }

  private void closed(MemberConnection<P> connection, CloseReason reason) {
    open.remove(connection);
    NodeId peer = connection.peer();
    Member<P> member = members.get(peer);
    if (member != null && member.connection() == connection) {
      if (member.upkeep() == Upkeep.NONE) {
        members.remove(peer);
      } else {
        members.put(peer, member.withoutConnection(healths.down(member.health(), reason.cause())));
      }
      feed.emit(new Change.Left<>(connection.connection(), reason));
      absences.left(peer);
    }
    completeIfAllIsClosed();
  }

  private boolean isAbsent(NodeId peer) {
    Member<P> member = members.get(peer);
    MemberConnection<P> connected = member == null ? null : member.connection();
    return connected == null || connected.isEnding();
  }

  private static <P> Change<P> joined(MemberConnection<P> connection) {
    return new Change.Joined<>(connection.connection());
  }

  private List<Change<P>> joins() {
    return members.values().stream()
        .map(Member::connection)
        .filter(Objects::nonNull)
        .map(Membership::joined)
        .toList();
  }

  private List<PeerConnection<P>> openConnections() {
    return open.stream().map(MemberConnection::connection).toList();
  }

  private void end() {
    members.clear();
    inbound.complete();
    feed.complete();
    List.copyOf(open).forEach(MemberConnection::close);
    completeIfAllIsClosed();
  }

  private void completeIfAllIsClosed() {
    if (disposed && open.isEmpty()) {
      Callbacks.run("who waits for the end of a group", ended::tryEmitEmpty);
    }
  }
}
