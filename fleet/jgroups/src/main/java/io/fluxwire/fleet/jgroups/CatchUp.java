package io.fluxwire.fleet.jgroups;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.jgroups.Address;

/**
 * What a member has not heard yet from the others: after it has joined, and after a cut has ended.
 * Used under the lock of {@link Members}.
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

  /** Whether it knows what the others have to tell, or does not want to wait for it any longer. */
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

  /** Whether all have told everything after a cut has ended: true once for each time. */
  boolean takeMerged() {
    boolean merged = merging && awaited.isEmpty();
    if (merged) {
      merging = false;
    }
    return merged;
  }
}
