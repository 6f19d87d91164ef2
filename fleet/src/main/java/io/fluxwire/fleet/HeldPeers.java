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
 * The peers that are connected to this instance, each with the epoch of its connection, and which
 * of them have a later connection to another instance.
 *
 * <p>If a peer is connected to two instances, the connection whose row is greater counts, for all
 * instances and at once. The other one is closed by its own instance after a time, unless the peer
 * has closed one of them by then. The delay is for a peer that is a group: it closes one by rules
 * of its own, which the fleet does not know, and if each side closed another one, none would be
 * left.
 */
final class HeldPeers<P> {

  /** What a peer is told when its connection is closed because it has a later one. */
  private static final String ELSEWHERE =
      "closed, since you have a later connection to another instance of this node";

  private final InstanceId self;
  private final SerialExecutor serial;
  private final Scheduler timers;
  private final Duration duplicateLinger;
  private final FleetCounters counters;
  private final Epochs epochs;
  private final Announcer announcer;

  /** Any thread reads it; only turns change it. */
  private final Map<NodeId, Held<P>> held = new ConcurrentHashMap<>();

  /**
   * For a peer that is connected here, the greatest row of another instance, if it is greater than
   * the one here. Read and changed as {@link #held}.
   */
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

  /**
   * The connection over which this instance itself sends to a peer; null when there is none here,
   * or when a later one at another instance counts.
   */
  @Nullable PeerConnection<P> connection(NodeId peer) {
    Held<P> here = held.get(peer);
    if (here == null || (!superseded.isEmpty() && superseded.containsKey(peer))) {
      return null;
    }
    return here.connection;
  }

  /**
   * The connection over which packets from other instances go to a peer, even if a later one
   * elsewhere counts: they were sent here by a row that the sender took for the one that counts.
   */
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

  /** Another instance sent packets here by a row that may be wrong: releases the row if it is. */
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

  /** Takes a row of the fleet, of this instance or another one. */
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
   * @return whether its row was the greatest one: then a third instance may have a row that is
   *     greater than the one here, too
   */
  boolean released(Holding row) {
    return superseded.remove(row.peer(), row);
  }

  /**
   * The members have changed.
   *
   * @return whether rows were dropped that were the greatest ones, because their instances are gone
   */
  boolean members(Set<InstanceId> members) {
    return superseded.values().removeIf(row -> !members.contains(row.instance()));
  }

  /** Takes all rows of other instances, as they are now. */
  void allRows(Collection<Holding> rows) {
    superseded.values().removeIf(row -> !rows.contains(row));
    rows.forEach(this::row);
  }

  /**
   * Whether a row is another instance's row of a peer that is connected here. Takes note of its
   * epoch in any case.
   */
  boolean isOfInterest(Holding row) {
    epochs.seen(row.epoch());
    return held.containsKey(row.peer()) && !row.instance().equals(self);
  }
}
