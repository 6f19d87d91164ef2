package io.fluxwire.channel;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.record.ChannelFrame;
import org.jspecify.annotations.Nullable;

/** The end of a channel, or of one connection of it, by the rules of protocol.md section 10. */
public final class ChannelException extends PeerException {

  private static final long serialVersionUID = 1L;

  /** How the message of a disagreement begins, by which the other side knows it. */
  static final String DISAGREEMENT = "the two stores of this channel do not fit together";

  private final transient @Nullable ChannelFrame ours;
  private final transient @Nullable ChannelFrame theirs;

  ChannelException(Reason reason, String message) {
    super(reason, message);
    ours = null;
    theirs = null;
  }

  ChannelException(Reason reason, String message, Throwable cause) {
    super(reason, message, cause);
    ours = null;
    theirs = null;
  }

  private ChannelException(
      Reason reason, String message, ChannelFrame ours, @Nullable ChannelFrame theirs) {
    super(reason, message);
    this.ours = ours;
    this.theirs = theirs;
  }

  /** The stores do not fit together. */
  static ChannelException disagreement(ChannelFrame ours, ChannelFrame theirs) {
    return new ChannelException(
        Reason.CHANNEL_DISAGREEMENT,
        DISAGREEMENT
            + ": ours is %s and knows %s, wants %d, has"
                .formatted(ours.own(), ours.known(), ours.wanted())
            + " up to %d; theirs is %s and knows %s, wants %d, has up to %d. One was lost or replaced;"
                .formatted(
                    ours.next(), theirs.own(), theirs.known(), theirs.wanted(), theirs.next())
            + " to begin anew, delete both",
        ours,
        theirs);
  }

  /**
   * What this side said, or would have said, where the stores did not fit together.
   *
   * @return its position; null for another reason than {@link Reason#CHANNEL_DISAGREEMENT}
   */
  public @Nullable ChannelFrame ours() {
    return ours;
  }

  /**
   * What the peer said where the stores did not fit together.
   *
   * @return its position; null for another reason than {@link Reason#CHANNEL_DISAGREEMENT}
   */
  public @Nullable ChannelFrame theirs() {
    return theirs;
  }
}
