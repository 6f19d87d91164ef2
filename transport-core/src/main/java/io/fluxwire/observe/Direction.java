package io.fluxwire.observe;

/** Which side dialled a connection: a tag's values. */
public enum Direction {
  /** The peer. */
  INBOUND,
  /** This side. */
  OUTBOUND
}
