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
 * @param since since when it is one, or is none; joining is a part of not being one
 * @param members all members that it can reach, itself among them; empty before it has joined
 * @param draining those of the members that are about to leave
 * @param peers how many peers are connected to it
 * @param dials how many shared dials it has to do, of all that it knows
 * @param sharedDials how many shared dials it knows
 * @param rules how many rules of the fleet have not ended
 * @param sending how many sends to peers of others are under way
 * @param receiving how many sends of others to its peers are under way
 * @param pendingBytes the bytes of packets of others that no connection has taken yet
 * @param counters what happened so far
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
   * @param forwarded packets that it gave to the engine for peers of others
   * @param received packets that came over the engine for its peers
   * @param misses times that an instance did not have the peer that it was said to have
   * @param moves shared dials that it took over from another instance
   * @param duplicates connections that it closed, since the peer had a later one to another
   *     instance
   * @param malformed messages and rules of others that it could not read
   */
  public record Counters(
      long forwarded, long received, long misses, long moves, long duplicates, long malformed) {}
}
