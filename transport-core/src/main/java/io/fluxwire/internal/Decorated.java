package io.fluxwire.internal;

/** What stands for something else of ours, which then can be found behind it. */
public interface Decorated {

  /**
   * What it stands for.
   *
   * @return the one behind it
   */
  Object decorated();
}
