package io.fluxwire.channel;

import io.fluxwire.ChannelException;
import io.fluxwire.Reason;
import io.fluxwire.channel.ChannelConnection.Phase;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.Incarnation;
import org.jspecify.annotations.Nullable;

/** Whether the two sides' stores fit together, and what is said where they do not. */
final class Agreement {

  /** How the refusal of a connection begins that is not the newest, by which the other knows it. */
  static final String SUPERSEDED = "superseded";

  private Agreement() {}

  /** What this side says: the position that is stored, and whom it knew before this connection. */
  static ChannelFrame frame(String name, ChannelState stored, Incarnation known, long attempt) {
    return new ChannelFrame(name, stored.own(), known, stored.received(), stored.next(), attempt);
  }

  /**
   * Whether the channel can go on between this store and the peer's.
   *
   * @param ours what this side says, by which the peer judges, too; the store may be further by now
   * @param first the first packet that this side keeps
   * @param handedOver how many of the peer's packets the application has seen, of which it may have
   *     acknowledged fewer: the peer has stored as many, unless its store is an old copy
   */
  static boolean fits(ChannelFrame ours, long first, long handedOver, ChannelFrame theirs) {
    boolean knowsUs = theirs.known().isNone() || theirs.known().equals(ours.own());
    boolean isKnown = ours.known().isNone() || ours.known().equals(theirs.own());
    return knowsUs
        && isKnown
        && theirs.wanted() >= first
        && theirs.wanted() <= ours.next()
        && Math.max(ours.wanted(), handedOver) <= theirs.next();
  }

  /** What the peer of an attempt is told that is not greater than an earlier one. */
  static ChannelException notNewest(long attempt, long newest) {
    return new ChannelException(
        Reason.CHANNEL_SUPERSEDED,
        SUPERSEDED + ": attempt %d is not greater than %d".formatted(attempt, newest));
  }

  /** What the peer of an earlier connection is told. */
  static ChannelException takenOver() {
    return new ChannelException(
        Reason.CHANNEL_SUPERSEDED, SUPERSEDED + ": a later connection took its place");
  }

  /**
   * What the end of a connection means for the channel.
   *
   * @param dials whether this side dials
   * @param phase how far the connection was
   * @param fault what it ended with; null in good order
   * @return why the channel ends; null if another connection goes on with it
   */
  static @Nullable ChannelException judge(boolean dials, Phase phase, @Nullable Throwable fault) {
    if (fault == null) {
      return null;
    }
    String said = String.valueOf(fault.getMessage());
    if (said.contains(ChannelDisagreementException.BEGINNING)) {
      return new ChannelException(Reason.CHANNEL_DISAGREEMENT, said, fault);
    }
    if (!dials || !said.contains(SUPERSEDED)) {
      return null;
    }
    return phase == Phase.AGREED
        ? new ChannelException(
            Reason.CHANNEL_SUPERSEDED,
            "another connection of this channel, which this side did not make, took its place:"
                + " two processes use one store, or copies of it",
            fault)
        : new ChannelException(
            Reason.CHANNEL_STORE_STALE,
            "the peer knows of later attempts than this store's newest: it is an old copy. Put the"
                + " right one back, or delete this one and the peer's to begin anew",
            fault);
  }

  /** What speaks against the application's own position; null if nothing does. */
  static @Nullable ChannelException contradiction(long startAt, ChannelState stored) {
    if (startAt == 0) {
      return null;
    }
    if (stored.isNew()) {
      return new ChannelException(
          Reason.CHANNEL_DISAGREEMENT,
          "the application wants packet %d, but the channel's store is new: what it had is lost"
              .formatted(startAt));
    }
    long acknowledged = stored.received() - stored.skipped();
    if (startAt < acknowledged) {
      return new ChannelException(
          Reason.CHANNEL_DISAGREEMENT,
          "the application wants packet %d, but acknowledged all below %d: its own state is older"
              .formatted(startAt, acknowledged));
    }
    return null;
  }
}
