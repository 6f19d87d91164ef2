package io.fluxwire.observe.dial;

/**
 * Is told of the life of one connection publisher, one thing at a time. All methods do nothing by
 * default.
 */
public interface ReconnectObserver {

  /** Does nothing. */
  ReconnectObserver NONE = new ReconnectObserver() {};

  /** It waits before it dials again. */
  default void onWaiting() {}

  /** It waits no more. */
  default void onWaitEnded() {}

  /** It has a connection. */
  default void onConnected() {}

  /** Its connection has ended. */
  default void onDisconnected() {}
}
