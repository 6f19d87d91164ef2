package io.fluxwire.observe.dial;

import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import java.net.SocketAddress;
import reactor.util.context.Context;

/** Is told of one round of dialing, one thing at a time. All methods do nothing by default. */
public interface RoundObserver {

  /** Does nothing. */
  RoundObserver NONE = new RoundObserver() {};

  /**
   * What attempts run in.
   *
   * @param context the subscriber's context
   * @return with what the attempts' own observers need to know of the round
   */
  default Context within(Context context) {
    return context;
  }

  /**
   * Something happened.
   *
   * @param step what
   * @param event says it to a person
   */
  default void onStep(DialStep step, Object event) {}

  /**
   * An attempt ended.
   *
   * @param address where
   * @param outcome how
   */
  default void onAttemptEnded(SocketAddress address, Outcome outcome) {}

  /**
   * The round is won.
   *
   * @param address where
   * @param peer who is there
   */
  default void onWon(SocketAddress address, NodeId peer) {}

  /**
   * The round is lost.
   *
   * @param failure why
   */
  default void onFailed(PeerException failure) {}

  /** Nobody wants the connection any more. */
  default void onCancelled() {}
}
