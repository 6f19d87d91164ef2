package io.fluxwire.handshake;

/** What a connection speaks, from its first byte on. Later versions may add values. */
public enum Dialect {
  /**
   * Version 3 of January 2016, and what an {@link UpgradePolicy} makes of it (protocol.md sections
   * 1 to 10).
   */
  V3,
  /**
   * That of today's Lightning nodes (section 11). Who dials has to know whom, and an acceptor is
   * found only by those who know its id. Its sessions have one cipher, no post-quantum secrecy, no
   * keep-alive and no channels: an {@link UpgradePolicy} says nothing to them. Packets have up to
   * 65,535 bytes.
   */
  BOLT8
}
