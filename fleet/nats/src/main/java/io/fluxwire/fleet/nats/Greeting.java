package io.fluxwire.fleet.nats;

import io.fluxwire.fleet.engine.InstanceId;
import java.util.HashSet;
import java.util.Set;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The question of a new session who is there. It is over when nobody has heard it, or when all have
 * answered whom those name who did. Thread-safe.
 */
final class Greeting {

  private final InstanceId self;
  private final Set<InstanceId> missing = new HashSet<>();
  private final Set<InstanceId> met = new HashSet<>();
  private final Sinks.Empty<Void> over = Sinks.empty();

  Greeting(InstanceId self) {
    this.self = self;
  }

  void unanswered() {
    over.tryEmitEmpty();
  }

  void answered(InstanceId by, Set<InstanceId> members) {
    if (isComplete(by, members)) {
      over.tryEmitEmpty();
    }
  }

  private synchronized boolean isComplete(InstanceId by, Set<InstanceId> members) {
    met.add(by);
    missing.addAll(members);
    missing.remove(self);
    missing.removeAll(met);
    return missing.isEmpty();
  }

  /** A session does not answer its own greeting. */
  synchronized boolean isAnotherSelf() {
    return met.contains(self);
  }

  Mono<Void> over() {
    return over.asMono();
  }
}
