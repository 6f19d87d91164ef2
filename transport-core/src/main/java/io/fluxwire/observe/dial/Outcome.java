package io.fluxwire.observe.dial;

/** How something ended: a tag's values. */
public enum Outcome {
  /** As it should. */
  SUCCESS,
  /** By an error. */
  FAILURE,
  /** Nobody wanted it any more: another address was faster, or the application cancelled. */
  CANCELLED
}
