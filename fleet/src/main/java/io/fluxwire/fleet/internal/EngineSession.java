package io.fluxwire.fleet.internal;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A connection to the software behind an engine, from when it is made until it is lost: an instance
 * that is lost begins with another session, and announces all again. The calls are those of {@link
 * io.fluxwire.fleet.engine.EngineLink}; their errors may be any.
 */
public interface EngineSession {

  /**
   * Connects, and makes the instance a member, as far as the others can see.
   *
   * @return completes when it is one
   */
  Mono<Void> connect();

  /**
   * Announces all that the listener owns. The calls below are made from before this is subscribed
   * to: what they say counts more than what the listener has said before.
   *
   * @return completes once the others can see all of it, and the listener was told the members
   */
  Mono<Void> announce();

  /**
   * The end of the session, which never errors.
   *
   * @return emits why it has ended
   */
  Mono<Throwable> ended();

  /**
   * Ends the session. Has no effect if it has ended.
   *
   * @param cause why
   */
  void end(Throwable cause);

  /**
   * Tells the others that this instance leaves, and ends the session. Also while it is connecting.
   *
   * @return completes once that is done, or is not possible; never errors
   */
  Mono<Void> leave();

  /**
   * As the link's.
   *
   * @param peer the peer
   * @param epoch the epoch of its connection
   * @return completes when it is announced
   */
  Mono<Void> hold(NodeId peer, long epoch);

  /**
   * As the link's.
   *
   * @param peer the peer
   * @param epoch the epoch of its connection
   * @return completes when it is announced
   */
  Mono<Void> release(NodeId peer, long epoch);

  /**
   * As the link's.
   *
   * @param peer the peer
   * @return the row that counts
   */
  Mono<Holding> find(NodeId peer);

  /**
   * As the link's.
   *
   * @return the rows
   */
  Flux<Holding> holdings();

  /**
   * As the link's.
   *
   * @param to the instance
   * @param message the message, of which the size was checked
   * @return completes when it is sent
   */
  Mono<Void> send(InstanceId to, byte[] message);

  /**
   * As the link's.
   *
   * @param rule the rule, whose target is one line
   * @return completes when it is announced
   */
  Mono<Void> set(AccessRule rule);

  /**
   * As the link's.
   *
   * @return the rules; those that have ended may be among them
   */
  Flux<AccessRule> rules();
}
