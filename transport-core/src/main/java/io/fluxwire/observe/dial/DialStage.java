package io.fluxwire.observe.dial;

/** A part of a dial: a tag's values. */
public enum DialStage {
  /** A source is asked for addresses. */
  RESOLVE,
  /** TCP connects to one address. */
  CONNECT,
  /** The peer at one address authenticates. */
  HANDSHAKE
}
