package io.fluxwire.channel;

import io.fluxwire.ChannelException;
import io.fluxwire.Reason;
import io.fluxwire.record.ChannelFrame;

/**
 * The two sides' stores of a channel contradict each other, because one of them was lost or
 * replaced.
 */
public final class ChannelDisagreementException extends ChannelException {

  private static final long serialVersionUID = 1L;

  /** How the message begins; the other side recognizes it by this. */
  static final String BEGINNING = "the two stores of this channel do not fit together";

  private final transient ChannelFrame ours;
  private final transient ChannelFrame theirs;

  ChannelDisagreementException(ChannelFrame ours, ChannelFrame theirs) {
    super(
        Reason.CHANNEL_DISAGREEMENT,
        "%s: ours is %s. One was lost or replaced; to begin anew, delete both"
            .formatted(BEGINNING, positions(ours, "theirs is", theirs)));
    this.ours = ours;
    this.theirs = theirs;
  }

  private static String positions(ChannelFrame one, String then, ChannelFrame other) {
    return position(one) + "; " + then + " " + position(other);
  }

  private static String position(ChannelFrame frame) {
    return "%s and knows %s, wants packet %d, has all below %d"
        .formatted(frame.own(), frame.known(), frame.wanted(), frame.next());
  }

  /**
   * The position that this side sent, or would have sent.
   *
   * @return its position
   */
  public ChannelFrame ours() {
    return ours;
  }

  /**
   * The position that the peer sent.
   *
   * @return its position
   */
  public ChannelFrame theirs() {
    return theirs;
  }
}
