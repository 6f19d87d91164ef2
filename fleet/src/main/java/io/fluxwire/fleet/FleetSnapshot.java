package io.fluxwire.fleet;

import io.fluxwire.fleet.engine.InstanceId;
import java.time.Instant;
import java.util.Set;

/**
 * How one instance of a fleet sees itself and the others at one moment. Counters begin at 0 when
 * the instance is made.
 *
 * @param self the instance
 * @param state whether it is a member
 * @param since when it was made, became a member, or ceased to be one; {@code JOINING} does not
 *     change it
 * @param members all members that it can reach, itself among them; empty before it has joined
 * @param draining the instances that take no dials, since they drain or are observers; may contain
 *     some that are not members
 * @param peers how many peers are connected to it
 * @param dials how many shared dials are its own to do
 * @param sharedDials how many shared dials it knows in all
 * @param rules how many rules of the fleet have not ended
 * @param sending how many sends to peers of other instances are under way
 * @param receiving how many sends from other instances to its peers are under way
 * @param pendingBytes the bytes of packets from other instances that no connection has taken yet
 * @param counters what it has counted so far
 */
public record FleetSnapshot(
    InstanceId self,
    FleetGroup.State state,
    Instant since,
    Set<InstanceId> members,
    Set<InstanceId> draining,
    int peers,
    int dials,
    int sharedDials,
    int rules,
    int sending,
    int receiving,
    long pendingBytes,
    Counters counters) {

  /** Copies the sets. */
  public FleetSnapshot {
    members = Set.copyOf(members);
    draining = Set.copyOf(draining);
  }

  /**
   * What an instance has counted.
   *
   * @param forwarded packets that it gave to the engine for peers of other instances
   * @param received packets that came over the engine for its peers
   * @param misses times that a send from here found that the other instance did not have the peer
   *     any more
   * @param moves shared dials that it took over from another instance
   * @param duplicates connections that it closed because the peer had a later one to another
   *     instance
   * @param malformed messages and rules from other instances that it could not read
   */
  public record Counters(
      long forwarded, long received, long misses, long moves, long duplicates, long malformed) {}
}
