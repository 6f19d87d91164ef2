package io.fluxwire.fleet.nats;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.internal.Notice;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * What this instance holds, and tells the others. Of several who hold a peer, each knows the row
 * that counts, so that whoever answers tells it.
 *
 * <p>The worker's thread changes the rows of this instance, the dispatcher's takes those of others,
 * and any may read, all without a lock.
 */
final class Rows {

  /** How many rows or rules are in one message. */
  static final int PAGE = 500;

  private final InstanceId self;
  private final Subjects subjects;
  private final SessionConnection connection;

  /** What this instance holds, in an order by which it can be told page by page. */
  private final ConcurrentNavigableMap<NodeId, Holding> rows = new ConcurrentSkipListMap<>();

  /** Rows of others that count more than this instance's row of the same peer. */
  private final Map<NodeId, Holding> better = new ConcurrentHashMap<>();

  Rows(InstanceId self, Subjects subjects, SessionConnection connection) {
    this.self = self;
    this.subjects = subjects;
    this.connection = connection;
  }

  // On the worker's thread

  void announce(List<Holding> all) {
    for (int from = 0; from < all.size(); from += PAGE) {
      List<Holding> page = all.subList(from, Math.min(all.size(), from + PAGE));
      page.forEach(this::put);
      publish(Notice.HELD, page);
    }
  }

  void hold(Holding row) {
    put(row);
    publish(Notice.HELD, List.of(row));
  }

  private void put(Holding row) {
    rows.put(row.peer(), row);
    Holding other = better.get(row.peer());
    if (other != null && Holding.BY_EPOCH.compare(row, other) > 0) {
      better.remove(row.peer(), other);
    }
    connection.subscribe(subjects.peer(row.peer()));
  }

  /** Without effect if it is not held. */
  void release(Holding row) {
    if (rows.remove(row.peer(), row)) {
      connection.unsubscribe(subjects.peer(row.peer()));
      better.remove(row.peer());
      publish(Notice.RELEASED, List.of(row));
    }
  }

  private void publish(String word, List<Holding> page) {
    connection.publish(subjects.changes(), Notice.rows(word, self, page));
  }

  // On the dispatcher's thread

  /** A row that somebody has announced, who may be this instance. */
  void announced(Holding other) {
    Holding mine = rows.get(other.peer());
    if (mine == null || other.instance().equals(self)) {
      return;
    }
    if (Holding.BY_EPOCH.compare(other, mine) > 0) {
      better.merge(
          other.peer(),
          other,
          (one, two) ->
              one.instance().equals(two.instance()) || Holding.BY_EPOCH.compare(two, one) > 0
                  ? two
                  : one);
    } else if (!better.containsKey(other.peer())) {
      publish(Notice.HELD, List.of(mine));
    }
  }

  /** A row that somebody holds no more. */
  void released(Holding other) {
    better.remove(other.peer(), other);
  }

  // On any thread

  /** The rows of those who are no members any more are void. */
  void retain(Set<InstanceId> members) {
    better.values().removeIf(row -> !members.contains(row.instance()));
  }

  /** The row that counts, of a peer that this instance holds; null if it does not hold it. */
  @Nullable Holding find(NodeId peer) {
    return better.getOrDefault(peer, rows.get(peer));
  }

  /** All that this instance holds, also while it changes. */
  Collection<Holding> own() {
    return rows.values();
  }

  /**
   * The next ones that this instance holds, in the order of the peers.
   *
   * @param after the peer of the last one of the page before; empty for the first page
   */
  List<Holding> page(String after) {
    Map<NodeId, Holding> from = after.isEmpty() ? rows : rows.tailMap(NodeId.parse(after), false);
    return from.values().stream().limit(PAGE).toList();
  }
}
