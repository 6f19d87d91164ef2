package io.fluxwire.observe;

/**
 * Is told of the life of one connection publisher, one thing at a time. All methods do nothing by
 * default.
 */
public interface ReconnectObserver {

  /** Does nothing. */
  ReconnectObserver NONE = new ReconnectObserver() {};

  /** It waits before it dials again. */
  default void waits() {}

  /** It waits no more. */
  default void goesOn() {}

  /** It has a connection. */
  default void connected() {}

  /** Its connection has ended. */
  default void disconnected() {}
}
