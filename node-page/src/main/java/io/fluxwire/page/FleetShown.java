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
 * @param since when it was made, became a member, or ceased to be one, in milliseconds on the
 *     node's clock
 * @param members how many members it can reach, itself among them
 * @param draining how many of them take no dials, since they drain or are observers
 * @param instances this one, and then those that have the most peers
 * @param others the sum of the instances that are not in {@code instances}; null if there are none
 * @param countedAt when peers were last counted, in milliseconds on the node's clock; null if they
 *     have not been
 * @param countError why the latest count failed; null if it did not
 * @param forwarded packets that this instance gave to the engine for peers of other instances
 * @param received packets that came over the engine for its peers
 * @param misses times that a send from here found that the other instance did not have the peer any
 *     more
 * @param moves shared dials that this instance took over from another one
 * @param duplicates connections that it closed, since the peer has a later one elsewhere
 * @param dials how many shared dials are this instance's to do
 * @param sharedDials how many shared dials it knows in all
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
   * @param self whether it is the instance whose page this is
   * @param draining whether it takes no dials, since it drains or is an observer
   * @param peers how many peers the directory says that it has; null where they were not counted
   */
  record Instance(String id, boolean self, boolean draining, @Nullable Long peers) {}

  /**
   * The instances that are not shown one by one.
   *
   * @param instances how many they are
   * @param peers how many peers they have together; null where they were not counted
   */
  record Others(int instances, @Nullable Long peers) {}
}
