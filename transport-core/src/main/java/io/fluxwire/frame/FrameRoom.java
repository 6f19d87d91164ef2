package io.fluxwire.frame;

/** The room in a budget for the frame at hand. Of one thread at a time. */
final class FrameRoom {

  private final ByteBudget.Share share;
  private final Runnable wakeUp;
  private boolean asked;

  /** The budget's answer comes on another thread than the one that asked, perhaps. */
  private volatile boolean taken;

  FrameRoom(ByteBudget.Share share, Runnable wakeUp) {
    this.share = share;
    this.wakeUp = wakeUp;
  }

  /** Whether the frame may be read on; if not, there will be a wake-up. */
  boolean isEnoughFor(int payload) {
    if (payload > ByteBudget.UNCOUNTED && !asked) {
      asked = true;
      // Not assigned: the answer may be here already.
      if (share.takeFrame(payload, this::admitted)) {
        taken = true;
      }
    }
    return taken || !asked;
  }

  private void admitted() {
    taken = true;
    wakeUp.run();
  }

  boolean isTaken() {
    return taken;
  }

  /** The frame is whole, or nobody wants it any more. */
  void done() {
    if (asked) {
      asked = false;
      taken = false;
      share.frameDone();
    }
  }
}
