package io.fluxwire.page;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is shown of the fleet that the node is an instance of. Counters begin at 0 when the instance
 * is made.
 *
 * @param instance this instance
 * @param state whether it is a member: {@code new}, {@code joining}, {@code joined}, {@code away}
 *     or {@code left}
 * @param since since when it is one, or is none, in milliseconds on the node's clock
 * @param members how many members it can reach, itself among them
 * @param draining how many of them are about to leave
 * @param instances those that have most peers, this one before them
 * @param others what is not among these; null where all are
 * @param countedAt when their peers were counted, in milliseconds on the node's clock; null where
 *     they have not been
 * @param countError why they could not be counted again; null where they could
 * @param forwarded packets that this instance gave to the engine for peers of others
 * @param received packets that came over the engine for its peers
 * @param misses times that an instance did not have the peer that it was said to have
 * @param moves shared dials that this instance took over from another one
 * @param duplicates connections that it closed, since the peer has a later one elsewhere
 * @param dials how many shared dials are this instance's to do
 * @param sharedDials how many it knows
 * @param rules how many rules of the fleet have not ended
 */
record FleetShown(
    String instance,
    String state,
    long since,
    int members,
    int draining,
    List<Instance> instances,
    @Nullable Others others,
    @Nullable Long countedAt,
    @Nullable String countError,
    long forwarded,
    long received,
    long misses,
    long moves,
    long duplicates,
    int dials,
    int sharedDials,
    int rules) {

  /**
   * An instance of the fleet.
   *
   * @param id its id
   * @param self whether it is the one that tells this
   * @param draining whether it is about to leave
   * @param peers how many peers the directory says that it has; null where they were not counted
   */
  record Instance(String id, boolean self, boolean draining, @Nullable Long peers) {}

  /**
   * Instances that are not told one by one.
   *
   * @param instances how many
   * @param peers how many peers they have together; null where they were not counted
   */
  record Others(int instances, @Nullable Long peers) {}
}
