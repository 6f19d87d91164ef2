package io.fluxwire.session;

import io.fluxwire.internal.Arguments;
import java.time.Duration;

/**
 * How long a session waits for what. Immutable: each setter returns a copy. Zero turns the
 * authorizer's, idle, write and frame timeouts off.
 *
 * @param handshake from the start to the emitted connection, whatever happens in between; 10 s
 * @param authorizer how long the authorizer may take to decide on a peer, within the handshake; 5 s
 * @param drain how long a close waits for what is not written yet; 5 s
 * @param idle how long no packet may come or go; off
 * @param write how long the socket may take nothing of what is written; 20 s, and 1 s more for each
 *     256 KiB that are on their way
 * @param frame how long the rest of a frame that has started may take while it is awaited; 30 s
 */
public record SessionTimeouts(
    Duration handshake,
    Duration authorizer,
    Duration drain,
    Duration idle,
    Duration write,
    Duration frame) {

  /** The defaults. */
  public static final SessionTimeouts DEFAULT =
      new SessionTimeouts(
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          Duration.ZERO,
          Duration.ofSeconds(20),
          Duration.ofSeconds(30));

  /** Checks the values. What is longer than 100 years, for "never", becomes that. */
  public SessionTimeouts {
    handshake = Arguments.positive("the handshake timeout", handshake);
    authorizer = Arguments.notNegative("the authorizer timeout", authorizer);
    drain = Arguments.notNegative("the drain timeout", drain);
    idle = Arguments.notNegative("the idle timeout", idle);
    write = Arguments.notNegative("the write timeout", write);
    frame = Arguments.notNegative("the frame timeout", frame);
  }

  /**
   * Another handshake timeout.
   *
   * @param timeout the absolute deadline of a handshake
   * @return a copy
   */
  public SessionTimeouts withHandshake(Duration timeout) {
    return new SessionTimeouts(timeout, authorizer, drain, idle, write, frame);
  }

  /**
   * Another authorizer timeout.
   *
   * @param timeout how long the authorizer may take; zero as long as the handshake
   * @return a copy
   */
  public SessionTimeouts withAuthorizer(Duration timeout) {
    return new SessionTimeouts(handshake, timeout, drain, idle, write, frame);
  }

  /**
   * Another drain timeout.
   *
   * @param timeout how long a close may take
   * @return a copy
   */
  public SessionTimeouts withDrain(Duration timeout) {
    return new SessionTimeouts(handshake, authorizer, timeout, idle, write, frame);
  }

  /**
   * Another idle timeout.
   *
   * @param timeout how long no packet may come or go; zero for ever
   * @return a copy
   */
  public SessionTimeouts withIdle(Duration timeout) {
    return new SessionTimeouts(handshake, authorizer, drain, timeout, write, frame);
  }

  /**
   * Another write timeout.
   *
   * @param timeout how long the socket may take nothing; zero for ever
   * @return a copy
   */
  public SessionTimeouts withWrite(Duration timeout) {
    return new SessionTimeouts(handshake, authorizer, drain, idle, timeout, frame);
  }

  /**
   * Another frame timeout.
   *
   * @param timeout how long the rest of a frame may take; zero for ever
   * @return a copy
   */
  public SessionTimeouts withFrame(Duration timeout) {
    return new SessionTimeouts(handshake, authorizer, drain, idle, write, timeout);
  }
}
