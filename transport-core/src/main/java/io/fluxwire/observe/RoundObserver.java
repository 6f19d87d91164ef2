package io.fluxwire.observe;

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
   * A source is asked for addresses.
   *
   * @return to be stopped when it is done
   */
  default Stopwatch resolving() {
    return Stopwatch.NONE;
  }

  /**
   * Something happened.
   *
   * @param step what
   * @param event says it to a person
   */
  default void step(DialStep step, Object event) {}

  /**
   * An attempt ended.
   *
   * @param address where
   * @param outcome how
   */
  default void attempted(SocketAddress address, Outcome outcome) {}

  /**
   * The round is won.
   *
   * @param address where
   * @param peer who is there
   */
  default void won(SocketAddress address, NodeId peer) {}

  /**
   * The round is lost.
   *
   * @param failure why
   */
  default void failed(PeerException failure) {}

  /** Nobody wants the connection any more. */
  default void cancelled() {}
}
