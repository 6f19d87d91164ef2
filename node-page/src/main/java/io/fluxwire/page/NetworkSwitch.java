package io.fluxwire.page;

/**
 * A network between two nodes that the page's buttons break and heal, for demonstrations. All
 * methods are called on event loops and must not block.
 */
public interface NetworkSwitch {

  /** Resets the connections that go through the network. */
  void drop();

  /** Holds all bytes back until {@link #heal} is called. */
  void stall();

  /** Lets the bytes pass again. */
  void heal();
}
