package io.fluxwire.fleet.jgroups;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What one instance holds. Changed by one thread at a time, read by any. */
final class Rows {

  /** Each row is its own key. */
  private final Map<Row, Row> rows = new ConcurrentHashMap<>();

  void put(Row row) {
    Row before = rows.putIfAbsent(row, row);
    if (before != null) {
      before.epoch(row.epoch());
    }
  }

  /**
   * Removes a row of that epoch.
   *
   * @return false if there was none
   */
  boolean remove(Row row) {
    Row before = rows.get(row);
    if (before == null || before.epoch() != row.epoch()) {
      return false;
    }
    rows.remove(row);
    return true;
  }

  @Nullable Row find(Row peer) {
    return rows.get(peer);
  }

  Stream<Row> stream() {
    return rows.values().stream();
  }
}
