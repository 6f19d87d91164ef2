package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.dial.ConnectionSource;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.internal.SerialExecutor;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The dials that all instances share, and which of them are this instance's to do. */
final class DialShare<P> {

  private final InstanceId self;
  private final PeerGroup<P> local;
  private final Finder finder;
  private final FleetSpec spec;
  private final SerialExecutor serial;
  private final FleetCounters counters;

  /** Any thread adds and removes entries. */
  private final Map<NodeId, Entry<P>> dials = new ConcurrentHashMap<>();

  // What follows is used only in the executor's turns.

  private Set<InstanceId> members = Set.of();
  private Set<InstanceId> draining = Set.of();

  private static final class Entry<P> {

    private final long key;
    private final SharedDial<P> dial;
    private volatile @Nullable InstanceId owner;

    Entry(long key, SharedDial<P> dial) {
      this.key = key;
      this.dial = dial;
    }
  }

  DialShare(
      InstanceId self,
      PeerGroup<P> local,
      Finder finder,
      FleetSpec spec,
      SerialExecutor serial,
      FleetCounters counters) {
    this.self = self;
    this.local = local;
    this.finder = finder;
    this.spec = spec;
    this.serial = serial;
    this.counters = counters;
  }

  void add(NodeId peer, ConnectionSource<P> source) {
    SharedDial<P> dial =
        new SharedDial<>(peer, source, finder, spec.scheduler(), () -> dials.remove(peer));
    Entry<P> entry = new Entry<>(Rendezvous.key(peer), dial);
    if (dials.putIfAbsent(peer, entry) != null) {
      throw new IllegalStateException("node " + peer + " is dialled already: remove it first");
    }
    try {
      local.add(peer, dial);
    } catch (RuntimeException thrown) {
      dials.remove(peer, entry);
      throw thrown;
    }
    serial.execute(() -> assign(entry));
  }

  boolean remove(NodeId peer) {
    return dials.remove(peer) != null && local.remove(peer);
  }

  /** How many dials there are. */
  int size() {
    return dials.size();
  }

  /** How many of them are this instance's. */
  int own() {
    return (int) dials.values().stream().filter(entry -> self.equals(entry.owner)).count();
  }

  /** The members, and those of them that dial no more. In a turn. */
  void members(Set<InstanceId> now, Set<InstanceId> drainingNow) {
    members = now;
    draining = Set.copyOf(drainingNow);
    dials.values().forEach(this::assign);
  }

  private void assign(Entry<P> entry) {
    InstanceId before = entry.owner;
    InstanceId owner = members.size() < spec.dialQuorum() ? null : owner(entry);
    entry.owner = owner;
    if (self.equals(owner) && !self.equals(before)) {
      if (before != null) {
        counters.moves.increment();
      }
      entry.dial.take(handover(before));
    } else if (self.equals(before) && !self.equals(owner)) {
      entry.dial.giveUp();
    }
  }

  private @Nullable InstanceId owner(Entry<P> entry) {
    Set<InstanceId> candidates =
        draining.isEmpty()
            ? members
            : members.stream()
                .filter(member -> !draining.contains(member))
                .collect(Collectors.toSet());
    return Rendezvous.owner(entry.key, candidates);
  }

  /**
   * How long to wait before dialling: the owner before may still dial, since it may not know of the
   * change yet. Nobody dials if it is gone, and there is nothing to wait for.
   */
  private Duration handover(@Nullable InstanceId before) {
    boolean nobody = before == null ? members.size() == 1 : !members.contains(before);
    return nobody ? Duration.ZERO : spec.handover();
  }
}
