package io.fluxwire.fleet;

import io.fluxwire.fleet.engine.InstanceId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The members of the fleet that this instance can reach, and the instances that take no dials.
 * Every change of either divides the shared dials anew. Any thread reads it; only turns change it.
 */
final class Members {

  private final DialShare<?> dials;
  private volatile Set<InstanceId> now = Set.of();

  /** The instances that have said that they take no dials: they drain, or are observers. */
  private final Set<InstanceId> leaving = ConcurrentHashMap.newKeySet();

  Members(FleetSpec spec, DialShare<?> dials) {
    this.dials = dials;
    if (spec.isObserver()) {
      leaving.add(spec.instance());
    }
  }

  Set<InstanceId> now() {
    return now;
  }

  Set<InstanceId> leaving() {
    return leaving;
  }

  /**
   * Replaces the members. A member that goes is forgotten as draining, so that it takes dials if it
   * comes back.
   */
  void update(Set<InstanceId> members) {
    Set<InstanceId> before = now;
    now = Set.copyOf(members);
    leaving.removeIf(other -> before.contains(other) && !now.contains(other));
    dials.members(now, leaving);
  }

  /** This instance has left. */
  void clear() {
    now = Set.of();
    dials.members(now, leaving);
  }

  void aboutToLeave(InstanceId instance) {
    leaving.add(instance);
    dials.members(now, leaving);
  }
}
