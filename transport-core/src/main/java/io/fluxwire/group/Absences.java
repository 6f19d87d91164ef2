package io.fluxwire.group;

import io.fluxwire.NodeId;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.SerialExecutor;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * Who waits for a peer to be absent: the permissions of those that dial. Sets and no chains, so
 * that who waits is one element, however often the connection is replaced meanwhile.
 */
final class Absences {

  private final SerialExecutor serial;
  private final Predicate<NodeId> isAbsent;

  /** Belongs to the executor's turns. */
  private final Map<NodeId, Set<MonoSink<Void>>> waiting = new HashMap<>();

  /**
   * Nobody waits.
   *
   * @param serial runs whatever changes the group
   * @param isAbsent asked in a turn
   */
  Absences(SerialExecutor serial, Predicate<NodeId> isAbsent) {
    this.serial = serial;
    this.isAbsent = isAbsent;
  }

  /** Completes once the peer is absent: at once, or in the turn in which it {@link #left}. */
  Mono<Void> await(NodeId peer) {
    return Mono.create(sink -> serial.execute(() -> begin(peer, sink)));
  }

  private void begin(NodeId peer, MonoSink<Void> sink) {
    if (isAbsent.test(peer)) {
      permit(sink);
    } else {
      waiting.computeIfAbsent(peer, first -> new LinkedHashSet<>()).add(sink);
      sink.onDispose(() -> serial.execute(() -> remove(peer, sink)));
    }
  }

  private void remove(NodeId peer, MonoSink<Void> sink) {
    Set<MonoSink<Void>> others = waiting.get(peer);
    if (others != null && others.remove(sink) && others.isEmpty()) {
      waiting.remove(peer);
    }
  }

  /** In a turn. */
  void left(NodeId peer) {
    Set<MonoSink<Void>> permitted = waiting.remove(peer);
    if (permitted != null) {
      permitted.forEach(Absences::permit);
    }
  }

  private static void permit(MonoSink<Void> sink) {
    Callbacks.run("who waits to dial", sink::success);
  }
}
