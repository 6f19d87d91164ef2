package io.fluxwire.fleet.jgroups;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.jgroups.Address;

/**
 * Whether a member has heard everything from the others: after it has joined, and after a cut of
 * the network has ended. Used under the lock of {@link Members}.
 */
final class CatchUp {

  /** For how long a new member waits for what the others have to tell, before it goes on. */
  private static final Duration HEARING = Duration.ofSeconds(10);

  /** Who has not told everything yet since a cut has ended. */
  private final Set<Address> awaited = new HashSet<>();

  private boolean merging;
  private boolean connected;
  private long hearingEnds;

  /** The member is in the fleet: its time to hear the others begins. */
  void connected() {
    connected = true;
    hearingEnds = System.nanoTime() + HEARING.toNanos();
  }

  /**
   * After joining: whether all others are known, or the time to hear them is over. False before it
   * is connected; cuts do not matter here.
   */
  boolean isReady(Collection<Peer> others) {
    boolean all = others.stream().allMatch(peer -> peer.state() == Peer.State.KNOWN);
    boolean late = System.nanoTime() - hearingEnds >= 0;
    return connected && (all || late);
  }

  /** A cut has ended: all others tell everything. */
  void merging(Set<Address> others) {
    merging = true;
    awaited.addAll(others);
  }

  /** It has told everything, or is gone. */
  void remove(Address other) {
    awaited.remove(other);
  }

  /** True once for each cut that has ended, when all others have told everything. */
  boolean takeMerged() {
    boolean merged = merging && awaited.isEmpty();
    if (merged) {
      merging = false;
    }
    return merged;
  }
}
