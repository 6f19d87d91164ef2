package io.fluxwire.fleet.engine;

import io.fluxwire.NodeId;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * An instance's place in a fleet. Thread-safe. Every publisher is cold, acts for each subscription,
 * never blocks the subscriber's thread, and errors with {@link FleetEngineException} when the
 * engine cannot do it now; the link stays, joins again by itself when it can, and tells {@link
 * EngineListener#missed} then.
 */
public interface EngineLink {

  /**
   * The instance that joined.
   *
   * @return its id
   */
  InstanceId self();

  /**
   * Announces that this instance holds a peer. {@link EngineListener#own} contains the row already.
   *
   * @param peer the peer
   * @param epoch the epoch of its connection
   * @return completes when the engine has taken the row; others may see it a little later
   */
  Mono<Void> hold(NodeId peer, long epoch);

  /**
   * Announces that this instance does not hold a peer any more. Does nothing when the row has
   * another epoch by now. {@link EngineListener#own} does not contain the row any more.
   *
   * @param peer the peer
   * @param epoch the epoch of the connection that ended
   * @return completes when the engine has taken it
   */
  Mono<Void> release(NodeId peer, long epoch);

  /**
   * Looks a peer up. What comes is a hint: the instance may have lost the peer a moment ago.
   *
   * @param peer the peer
   * @return emits the row that counts ({@link Holding#BY_EPOCH}) of those of members; empty when
   *     there is none
   */
  Mono<Holding> find(NodeId peer);

  /**
   * All rows of members at this moment; of several for one peer at least the one that counts.
   *
   * @return the rows; completes after the last one
   */
  Flux<Holding> holdings();

  /**
   * Sends a message to an instance: at most once. Messages to one instance arrive in the order in
   * which their sending was completed. A message may be lost, when the engine or an instance is.
   *
   * @param to the instance
   * @param message up to {@link #maxMessage()} bytes; not to be changed afterwards
   * @return completes when the engine has taken the message, which may be when it is written: that
   *     is when the next one may be sent. Errors also when the instance is not a member, as far as
   *     the engine knows
   */
  Mono<Void> send(InstanceId to, byte[] message);

  /**
   * How large a message may be, at least 65,536.
   *
   * @return bytes
   */
  int maxMessage();

  /**
   * Sets a rule for all instances, those to come included. Has no effect if a later one for the
   * same target is set.
   *
   * @param rule the rule
   * @return completes when the engine has taken it
   */
  Mono<Void> set(AccessRule rule);

  /**
   * The rules at this moment that have not ended.
   *
   * @return the rules; completes after the last one
   */
  Flux<AccessRule> rules();

  /**
   * Leaves the fleet: the others learn at once that this instance is no member, and its rows are
   * gone.
   *
   * @return completes when this instance has left, or cannot be reached by the others any more;
   *     never errors. Subscribing again has no further effect
   */
  Mono<Void> leave();
}
