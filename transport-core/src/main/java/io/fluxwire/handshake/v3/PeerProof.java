package io.fluxwire.handshake.v3;

import io.fluxwire.NodeId;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import org.jspecify.annotations.Nullable;

/** A peer's {@code authenticate} whose signature was verified. Immutable. */
public final class PeerProof {

  private final NodeId peer;
  private final byte[] payload;

  /** Takes the payload over. */
  PeerProof(NodeId peer, byte[] payload) {
    this.peer = peer;
    this.payload = payload;
  }

  /**
   * Whose proof it is.
   *
   * @return the proven id
   */
  public NodeId peer() {
    return peer;
  }

  /**
   * The packet as it was received, from which the keys of an upgrade come (protocol.md section
   * 9.2).
   *
   * @return the decrypted payload, with a filler if it has one; a copy
   */
  public byte[] payload() {
    return payload.clone();
  }

  /**
   * Its offer, or its choice (section 9.1).
   *
   * @return the content of field 1001, for {@link UpgradeOffer#parse} or {@link
   *     UpgradeChoice#parse}; null if there is none
   * @throws PacketException with {@link Reason#UPGRADE_MALFORMED} when the field, or {@code auth}
   *     around it, is there twice. For a side that upgrades no session they may be
   */
  public byte @Nullable [] upgrade() {
    return UpgradeField.in(payload);
  }

  @Override
  public String toString() {
    return "PeerProof[" + peer + "]";
  }
}
