package io.fluxwire.fleet.engine;

import io.fluxwire.NodeId;
import java.util.Comparator;

/**
 * A row of the directory: an instance holds the connection of a peer.
 *
 * @param peer the peer
 * @param instance the instance, which owns the row
 * @param epoch orders the connections of one peer over all instances: a later connection has a
 *     greater epoch
 */
public record Holding(NodeId peer, InstanceId instance, long epoch) {

  /**
   * Which of two rows of one peer counts, the greatest one: that of the greater epoch, and at equal
   * epochs that of the greater instance. So every instance comes to the same verdict.
   */
  public static final Comparator<Holding> BY_EPOCH =
      Comparator.comparingLong(Holding::epoch).thenComparing(Holding::instance);
}
