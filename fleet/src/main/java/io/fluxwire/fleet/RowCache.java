package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A cache of the rows used last, so that the engine is not asked for each send to a busy peer. */
final class RowCache {

  private final int capacity;

  /** Least recently used first. Guarded by this. */
  private final Map<NodeId, Holding> rows = new LinkedHashMap<>(16, 0.75f, true);

  RowCache(int capacity) {
    this.capacity = capacity;
  }

  synchronized @Nullable Holding get(NodeId peer) {
    return rows.get(peer);
  }

  synchronized void put(Holding row) {
    if (capacity == 0) {
      return;
    }
    rows.put(row.peer(), row);
    if (rows.size() > capacity) {
      rows.remove(rows.keySet().iterator().next());
    }
  }

  /** Takes a new row, if an earlier one of the same peer is cached. */
  synchronized void update(Holding row) {
    Holding known = rows.get(row.peer());
    if (known != null && Holding.BY_EPOCH.compare(row, known) > 0) {
      rows.put(row.peer(), row);
    }
  }

  synchronized void remove(Holding row) {
    rows.remove(row.peer(), row);
  }

  synchronized void retain(Set<InstanceId> members) {
    rows.values().removeIf(row -> !members.contains(row.instance()));
  }

  synchronized void clear() {
    rows.clear();
  }
}
