package io.fluxwire.record;

import org.jspecify.annotations.Nullable;

/**
 * What a direction's records can say beside payloads (protocol.md section 9.4). Each call adds to
 * what is pending in the {@link RecordSealer} that this belongs to, behind the payloads that were
 * added before, and {@link RecordSealer#flush} gives it with them.
 *
 * <p>Used by the thread that uses the sealer.
 */
public interface ControlSealer {

  /** This side has let the peer in. The acceptor says it once, before all else. */
  void ready();

  /**
   * Asks for a {@link #pong}.
   *
   * @param value what the answer repeats
   */
  void ping(long value);

  /**
   * Answers a ping.
   *
   * @param value what the ping held
   */
  void pong(long value);

  /**
   * Says how far this side's store of a resumable channel is (protocol.md section 10). Said once,
   * ahead of all payloads, in a session that has a channel.
   *
   * @param frame what is said
   */
  void channel(ChannelFrame frame);

  /**
   * Acknowledges packets of a resumable channel. Said behind {@link #channel}.
   *
   * @param next the number of the first packet that this side has not taken, 0 or above
   */
  void acknowledge(long next);

  /** Says nothing, but that this side is alive. */
  void keepAwake();

  /** Ends what is pending; what is added from now on is sealed under new keys. */
  void rotate();

  /**
   * Ends this direction: nothing may be added any more, and the stream ends behind it.
   *
   * @param problem why, for people, if a fault ends both directions; null in good order
   */
  void end(@Nullable String problem);
}
