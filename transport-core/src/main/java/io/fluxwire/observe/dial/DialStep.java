package io.fluxwire.observe.dial;

/** Something that happens within a round of dialing: an event of its observation. */
public enum DialStep {
  /** A source gave addresses. */
  RESOLVED,
  /** A source failed. */
  RESOLUTION_FAILED,
  /** An attempt at an address starts. */
  ATTEMPT_STARTED,
  /** An attempt failed. */
  ATTEMPT_FAILED,
  /** An attempt won. */
  CONNECTED
}
