package io.fluxwire.session;

/**
 * Which side of a connection this is. It decides who authenticates first (protocol.md section 4).
 */
public enum Role {
  /** Dialled: verifies the peer, then says who it is itself. */
  DIALER,
  /** Was dialled: says who it is at once. */
  ACCEPTOR
}
