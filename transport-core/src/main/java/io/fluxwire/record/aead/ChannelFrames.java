package io.fluxwire.record.aead;

import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.ChannelListener;

/**
 * The frames of a resumable channel in one receiving direction (protocol.md section 10): where they
 * may come, and what they look like.
 */
final class ChannelFrames {

  private boolean begun;

  /** Whether a type is one of theirs. */
  static boolean has(long type) {
    return type == Tlv.CHANNEL || type == Tlv.ACK;
  }

  /**
   * Checks whether a frame may come here.
   *
   * @throws FrameIntegrityException with {@link Reason#CHANNEL_OUT_OF_PLACE}
   */
  void check(int type) {
    boolean misplaced =
        switch (type) {
          case Tlv.CHANNEL -> begun;
          case Tlv.PACKET, Tlv.PART, Tlv.ACK -> !begun;
          default -> false;
        };
    if (misplaced) {
      throw new FrameIntegrityException(
          Reason.CHANNEL_OUT_OF_PLACE,
          begun
              ? "a second CHANNEL came"
              : "a frame of type %d came before CHANNEL".formatted(type));
    }
  }

  /** Takes a CHANNEL. */
  void channel(byte[] value, ChannelListener listener) {
    begun = true;
    listener.onChannel(ChannelFrame.parse(value));
  }

  /** Takes an ACK, which the cursor is at. */
  void acknowledged(TlvCursor frames, ChannelListener listener) {
    long next = frames.takeVarint();
    if (frames.length() != 0) {
      throw TlvCursor.malformed("an ACK has bytes left over");
    }
    if (next < 0) {
      throw new FrameIntegrityException(
          Reason.ACK_INVALID,
          "the peer acknowledges %s packets, which nobody has sent"
              .formatted(Long.toUnsignedString(next)));
    }
    listener.onAcknowledged(next);
  }
}
