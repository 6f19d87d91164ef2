package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.group.PeerGroup.Change;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.SerialExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * The peers that are connected to this instance, each with the epoch of its connection, and those
 * of them that have a later connection to another instance.
 *
 * <p>Of two connections of one peer to two instances, the one of the greater row counts at once,
 * for all. The other one is closed by its own instance after a time, unless the peer has closed one
 * of them by then: a peer that is a group keeps one by rules of its own, of which the fleet knows
 * nothing, and if both closed, none would be left.
 */
final class HeldPeers<P> {

  /** What a peer is told whose connection makes way for its later one. */
  private static final String ELSEWHERE =
      "you have a later connection to another instance of this node";

  private final InstanceId self;
  private final SerialExecutor serial;
  private final Scheduler timers;
  private final Duration duplicateLinger;
  private final FleetCounters counters;
  private final Epochs epochs;
  private final Announcer announcer;

  /** Any thread reads it; only turns change it. */
  private final Map<NodeId, Held<P>> held = new ConcurrentHashMap<>();

  /** The greater rows of others, by peers that are connected here. As {@link #held}. */
  private final Map<NodeId, Holding> superseded = new ConcurrentHashMap<>();

  private record Held<P>(PeerConnection<P> connection, long epoch) {}

  HeldPeers(InstanceId self, FleetSpec spec, SerialExecutor serial, FleetCounters counters) {
    this.self = self;
    this.serial = serial;
    this.timers = spec.scheduler();
    this.duplicateLinger = spec.duplicateLinger();
    this.counters = counters;
    this.epochs = new Epochs(timers);
    this.announcer = new Announcer(serial, timers);
  }

  // On any thread.

  /** The connection over which this instance sends to a peer; null when it has none that counts. */
  @Nullable PeerConnection<P> connection(NodeId peer) {
    Held<P> here = held.get(peer);
    if (here == null || (!superseded.isEmpty() && superseded.containsKey(peer))) {
      return null;
    }
    return here.connection;
  }

  /** The connection over which others send to a peer: they know of no other one. */
  @Nullable PeerConnection<P> anyConnection(NodeId peer) {
    Held<P> here = held.get(peer);
    return here == null ? null : here.connection;
  }

  Collection<Holding> rows() {
    List<Holding> rows = new ArrayList<>(held.size());
    held.forEach((peer, here) -> rows.add(new Holding(peer, self, here.epoch)));
    return rows;
  }

  List<PeerConnection<P>> connections() {
    return held.values().stream().map(Held::connection).toList();
  }

  int size() {
    return held.size();
  }

  /** Somebody asked for a peer by a row of this instance that is wrong. */
  void denied(NodeId peer, long epoch) {
    serial.execute(
        () -> {
          Held<P> here = held.get(peer);
          if (here == null || here.epoch != epoch) {
            announcer.release(peer, epoch);
          }
        });
  }

  // In turns.

  void changed(Change<P> change) {
    if (change instanceof Change.Joined<P> joined) {
      connected(joined.connection());
    } else if (change instanceof Change.Replaced<P> replaced) {
      connected(replaced.connection());
    } else if (change instanceof Change.Left<P> left) {
      disconnected(left.connection());
    }
  }

  private void connected(PeerConnection<P> connection) {
    NodeId peer = connection.remoteId();
    long epoch = epochs.next();
    held.put(peer, new Held<>(connection, epoch));
    superseded.remove(peer);
    announcer.hold(peer, epoch);
  }

  private void disconnected(PeerConnection<P> connection) {
    NodeId peer = connection.remoteId();
    Held<P> here = held.get(peer);
    if (here != null && here.connection == connection) {
      held.remove(peer);
      superseded.remove(peer);
      announcer.release(peer, here.epoch);
    }
  }

  void joined(EngineLink link) {
    held.forEach((peer, here) -> announcer.hold(peer, here.epoch));
    announcer.joined(link);
  }

  void left() {
    announcer.left();
    held.clear();
    superseded.clear();
  }

  /** A row of the fleet. */
  void row(Holding row) {
    epochs.seen(row.epoch());
    Held<P> here = row.instance().equals(self) ? null : held.get(row.peer());
    if (here == null) {
      return;
    }
    Holding own = new Holding(row.peer(), self, here.epoch);
    Holding known = superseded.getOrDefault(row.peer(), own);
    if (Holding.BY_EPOCH.compare(row, known) > 0) {
      superseded.put(row.peer(), row);
      Callbacks.run(
          "a timer of a fleet",
          () ->
              timers.schedule(
                  () -> serial.execute(() -> lingered(row, here)),
                  duplicateLinger.toNanos(),
                  TimeUnit.NANOSECONDS));
    }
  }

  private void lingered(Holding row, Held<P> here) {
    if (row.equals(superseded.get(row.peer())) && here.equals(held.get(row.peer()))) {
      counters.duplicates.increment();
      Callbacks.run(
          "closing a connection", () -> here.connection.closeWithError(ELSEWHERE).subscribe());
    }
  }

  /**
   * Another instance has released a peer.
   *
   * @return whether its row was the greatest one: there may be a third instance, whose row is
   *     greater than that of this one, too
   */
  boolean released(Holding row) {
    return superseded.remove(row.peer(), row);
  }

  /**
   * The members have changed.
   *
   * @return whether rows of others are void that were the greatest ones
   */
  boolean members(Set<InstanceId> members) {
    return superseded.values().removeIf(row -> !members.contains(row.instance()));
  }

  /** All rows of others that there are now. */
  void allRows(Collection<Holding> rows) {
    superseded.values().removeIf(row -> !rows.contains(row));
    rows.forEach(this::row);
  }

  /** Whether a row of another instance matters here, beside its epoch. */
  boolean isOfInterest(Holding row) {
    epochs.seen(row.epoch());
    return held.containsKey(row.peer()) && !row.instance().equals(self);
  }
}
