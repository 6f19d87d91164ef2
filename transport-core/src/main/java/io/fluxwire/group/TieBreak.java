package io.fluxwire.group;

import io.fluxwire.NodeId;

/**
 * Which of two connections with one peer stays. The two nodes do not talk about it: from the same
 * facts each of them comes to the same verdict.
 */
final class TieBreak {

  /** Who dialled a connection. */
  enum Dialler {
    /** This node. */
    SELF,
    /** The other one. */
    PEER
  }

  /** What becomes of the two. */
  enum Verdict {
    /** The newer one stays: there would be none if the older one were still up for the peer. */
    OLDER_IS_LOST,
    /** Both nodes dialled at the same time, and the newer one stays. */
    NEWER_STAYS,
    /** Both nodes dialled at the same time, and the older one stays. */
    OLDER_STAYS
  }

  private TieBreak() {}

  /**
   * The verdict.
   *
   * @param self this node
   * @param peer the other one
   * @param older who dialled the connection that came first
   * @param newer who dialled the other one
   * @param nanosBetween how much later it came, by a clock that nobody sets
   */
  static Verdict between(
      NodeId self, NodeId peer, Dialler older, Dialler newer, long nanosBetween) {
    if (older == newer || nanosBetween > PeerGroup.SIMULTANEOUS.toNanos()) {
      return Verdict.OLDER_IS_LOST;
    }
    Dialler lower = self.compareTo(peer) < 0 ? Dialler.SELF : Dialler.PEER;
    return newer == lower ? Verdict.NEWER_STAYS : Verdict.OLDER_STAYS;
  }
}
