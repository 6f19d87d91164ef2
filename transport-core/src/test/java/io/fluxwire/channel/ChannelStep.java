package io.fluxwire.channel;

/** A step of a {@link ChannelHistory}. */
sealed interface ChannelStep {

  /** One of the two. */
  enum Side {
    DIALER,
    ACCEPTOR
  }

  /** Packets are handed over to be sent. */
  record Send(Side by, int packets) implements ChannelStep {}

  /** A packet of 100 KiB is. */
  record SendLarge(Side by) implements ChannelStep {}

  /** The application subscribes, if it has not. */
  record Subscribe(Side at, int demand) implements ChannelStep {}

  /** It asks for more. */
  record Request(Side at, int more) implements ChannelStep {}

  /** It has the effects of so many of the oldest that it got, and acknowledges the last of them. */
  record Handle(Side at, int packets) implements ChannelStep {}

  /** It cancels. */
  record Cancel(Side at) implements ChannelStep {}

  /** The next message arrives at one of the ends where there is one. */
  record Deliver(int end) implements ChannelStep {}

  /** The write that is under way ends. */
  record Stored(Side of) implements ChannelStep {}

  /** One of the reads that are under way ends. */
  record Read(Side of, int which) implements ChannelStep {}

  /** The write that is under way does not fit. */
  record Full(Side of) implements ChannelStep {}

  /** From now on packets do not fit if more than so many bytes would be kept. */
  record Room(Side of, int bytes) implements ChannelStep {}

  /** The dialer dials. */
  record Dial() implements ChannelStep {}

  /** A connection breaks, and either both sides hear of it or none. */
  record Cut(int connection, boolean heard) implements ChannelStep {}

  /**
   * A process ends without a word, and is begun anew.
   *
   * @param written whether the write that was under way is in the store
   * @param effects how many packets had their effect and were not acknowledged
   * @param startsAt whether the application says how far it is, or knows again what it has had
   * @param heard whether the peer hears that its connection has ended
   */
  record Crash(Side of, boolean written, int effects, boolean startsAt, boolean heard)
      implements ChannelStep {}

  /** Writes and reads end, and all that is on its way arrives, so many times. */
  record Run(int turns) implements ChannelStep {}

  /** Time passes. */
  record Wait(int millis) implements ChannelStep {}

  /** A process ends and its store is lost, and the application begins anew. */
  record Lose(Side of) implements ChannelStep {}

  /** Somebody copies the dialer's store. */
  record Copy() implements ChannelStep {}

  /** Somebody runs a second process with that copy. */
  record RunCopy() implements ChannelStep {}

  /** Kinds of steps below this number lose nothing. */
  int SAFE = 100;

  /** All kinds. */
  int ALL = 106;

  /**
   * A step.
   *
   * @param kind below {@link #SAFE} or {@link #ALL}
   * @param side which, for those that are of one
   * @param n from 0 to 7
   */
  static ChannelStep of(int kind, Side side, int n) {
    if (kind < 20) {
      return new Deliver(n);
    } else if (kind < 32) {
      return new Run(n);
    } else if (kind < 44) {
      return new Stored(side);
    } else if (kind < 52) {
      return new Send(side, n);
    } else if (kind < 53) {
      return new SendLarge(side);
    } else if (kind < 59) {
      return new Subscribe(side, n);
    } else if (kind < 66) {
      return new Request(side, 2 * n + 1);
    } else if (kind < 77) {
      return new Handle(side, n + 1);
    } else if (kind < 78) {
      return new Cancel(side);
    } else if (kind < 84) {
      return new Read(side, n);
    } else if (kind < 86) {
      return new Full(side);
    } else if (kind < 87) {
      return new Room(side, 8 * n);
    } else if (kind < 92) {
      return new Dial();
    } else if (kind < 94) {
      return new Cut(n / 2, n % 2 == 0);
    } else if (kind < 97) {
      return new Crash(side, n % 2 == 0, n / 2, n < 4, n % 3 != 0);
    } else if (kind < SAFE) {
      return new Wait(100 << n);
    } else if (kind < 102) {
      return new Lose(side);
    } else {
      return kind < 104 ? new Copy() : new RunCopy();
    }
  }
}
