package io.fluxwire.handshake;

import io.fluxwire.observe.Direction;

/**
 * Which side of a connection this is. It decides who authenticates first (protocol.md section 4).
 */
public enum Role {
  /** Dialled: verifies the peer, then says who it is itself. */
  DIALER(Direction.OUTBOUND),
  /** Was dialled: says who it is at once. */
  ACCEPTOR(Direction.INBOUND);

  private final Direction direction;

  Role(Direction direction) {
    this.direction = direction;
  }

  /**
   * How meters and traces call it.
   *
   * @return who dialled, as a tag
   */
  public Direction direction() {
    return direction;
  }
}
