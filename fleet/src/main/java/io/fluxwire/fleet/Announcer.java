package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.SerialExecutor;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Tells the engine which peers this instance holds. A row that changes again before it was sent is
 * sent once, in its latest state, so that no more than one row waits for each peer. A row that the
 * engine does not take is sent again later.
 */
final class Announcer {

  /** How many rows are on their way to the engine at a time. */
  private static final int AT_ONCE = 256;

  /**
   * How many releases may wait for an engine that does not take them; more are dropped. A row whose
   * release was dropped is released once another instance asks here for its peer.
   */
  private static final int MAX_RELEASES = 65_536;

  private static final Duration RETRY = Duration.ofSeconds(1);

  private final SerialExecutor serial;
  private final Scheduler timers;

  // What follows is used only in the executor's turns.

  private @Nullable EngineLink link;
  private final Map<NodeId, Row> waiting = new LinkedHashMap<>();
  private final Set<NodeId> underWay = new HashSet<>();
  private int releases;
  private boolean pausing;

  private record Row(long epoch, boolean held) {}

  Announcer(SerialExecutor serial, Scheduler timers) {
    this.serial = serial;
    this.timers = timers;
  }

  /** In a turn, as all methods that follow. */
  void joined(EngineLink made) {
    link = made;
    advance();
  }

  void hold(NodeId peer, long epoch) {
    wait(peer, new Row(epoch, true));
    advance();
  }

  void release(NodeId peer, long epoch) {
    if (releases < MAX_RELEASES) {
      wait(peer, new Row(epoch, false));
      advance();
    }
  }

  private void wait(NodeId peer, Row row) {
    Row before = waiting.put(peer, row);
    releases += (row.held ? 0 : 1) - (before == null || before.held ? 0 : 1);
  }

  private void advance() {
    EngineLink to = link;
    if (to == null || pausing) {
      return;
    }
    Iterator<Map.Entry<NodeId, Row>> next = waiting.entrySet().iterator();
    while (next.hasNext() && underWay.size() < AT_ONCE) {
      Map.Entry<NodeId, Row> entry = next.next();
      NodeId peer = entry.getKey();
      if (!underWay.contains(peer)) {
        Row row = entry.getValue();
        next.remove();
        releases -= row.held ? 0 : 1;
        underWay.add(peer);
        tell(to, peer, row);
      }
    }
  }

  private void tell(EngineLink to, NodeId peer, Row row) {
    Mono.defer(() -> row.held ? to.hold(peer, row.epoch) : to.release(peer, row.epoch))
        .subscribe(
            null,
            failure -> serial.execute(() -> failed(peer, row)),
            () -> serial.execute(() -> told(peer)));
  }

  private void told(NodeId peer) {
    underWay.remove(peer);
    advance();
  }

  private void failed(NodeId peer, Row row) {
    underWay.remove(peer);
    if (!waiting.containsKey(peer) && (row.held || releases < MAX_RELEASES)) {
      wait(peer, row);
    }
    if (!pausing) {
      pausing = true;
      Callbacks.run(
          "a timer of a fleet",
          () ->
              timers.schedule(
                  () -> serial.execute(this::resume), RETRY.toNanos(), TimeUnit.NANOSECONDS));
    }
  }

  private void resume() {
    pausing = false;
    advance();
  }

  void left() {
    link = null;
    waiting.clear();
  }
}
