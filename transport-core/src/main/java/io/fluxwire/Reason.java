package io.fluxwire;

/**
 * Why a dial failed or a connection ended: the machine-readable half of every {@link PeerException}
 * and of every {@link CloseReason}. The set is small and closed, so that a value can be a metric's
 * tag.
 *
 * <p>Each value says whether dialing again can help: {@link #isRetryable()}.
 */
public enum Reason {
  /** The peer closed the connection between two packets. */
  CLOSED_BY_PEER(true),
  /** This side closed the connection. */
  CLOSED_LOCALLY(true),
  /** The connection broke: reset or unreachable. */
  CONNECTION_LOST(true),
  /** The peer ended the session with an {@code error} packet (protocol.md section 6). */
  PEER_ERROR(true),

  /** The session public key does not start with 02 or 03 (section 1). */
  SESSION_KEY_PREFIX(true),
  /** The session public key's x is not below the field prime or not on the curve (section 1). */
  SESSION_KEY_NOT_ON_CURVE(true),
  /** The peer sent this side's own session public key back (section 1). */
  SESSION_KEY_REFLECTED(true),
  /** The handshake did not end within its deadline. */
  HANDSHAKE_TIMEOUT(true),
  /** This node's own authorizer did not decide within its timeout. */
  AUTHORIZER_TIMEOUT(true),
  /** No packet came or went for the idle timeout (section 8). */
  IDLE_TIMEOUT(true),
  /** The peer has taken nothing of what is being written for the write timeout (section 8). */
  WRITE_STALLED(true),
  /** A frame that started to arrive did not finish within the frame timeout (section 8). */
  FRAME_TIMEOUT(true),
  /** The connection held too much of this node's byte budget for too long, and others waited. */
  BYTES_EXHAUSTED(true),

  /** A frame's HMAC is wrong (section 3). */
  MAC_MISMATCH(true),
  /** A frame's {@code totlen} is below the one before it (section 3). */
  TOTLEN_BACKWARDS(true),
  /**
   * A frame announces, or an application offers, a payload over 1 MiB (section 3); or, where there
   * is a budget of bytes, a frame announces one over 64 KiB before {@code authenticate}.
   */
  PAYLOAD_TOO_LARGE(true),
  /** A frame's decrypted padding is not zero (section 3). */
  PADDING_NOT_ZERO(true),
  /**
   * The stream ended inside a frame (section 3): the peer died while it was sending, or somebody
   * cut the line. A connection that was lost, and no fault of the peer's.
   */
  FRAME_TRUNCATED(true),

  /** The first packet is not {@code authenticate} (section 4). */
  AUTHENTICATE_MISSING(false),
  /** The node id is not a point of the curve in its 33-byte form (section 4). */
  NODE_ID_INVALID(false),
  /** The node id is this node's own: it dialled itself (section 4). */
  NODE_ID_OWN(false),
  /** The node id is not the one that the dial expected (section 4). */
  NODE_ID_UNEXPECTED(false),
  /** The signature's r or s is zero or not below the group order (section 4). */
  SIGNATURE_OUT_OF_RANGE(false),
  /** The signature's s is in the upper half of the group order (section 4). */
  SIGNATURE_HIGH_S(false),
  /** The signature does not verify (section 4). */
  SIGNATURE_INVALID(false),
  /** The node id is proven, but this node does not serve it. */
  NOT_AUTHORIZED(false),
  /** This node's own signer failed or gave no signature (section 4). */
  SIGNER_FAILED(true),
  /** What this node's own signer gave does not verify under its node id (section 4). */
  SIGNER_WRONG(false),

  /** A payload is not the protobuf message that the codec expects, or lacks a required field. */
  PACKET_MALFORMED(false),
  /** An unknown field with an even number (section 5). */
  UNKNOWN_EVEN_FIELD(false),
  /** {@code authenticate} came a second time (section 4). */
  AUTHENTICATE_REPEATED(false),
  /** A payload to send is empty, or under 16 bytes without permission (section 3). */
  PAYLOAD_TOO_SHORT(false),

  /** A name has no address (section 7). */
  NAME_NOT_RESOLVED(true),
  /** Every address of a dial failed (section 7). */
  ALL_ADDRESSES_FAILED(true),
  /** The TCP connection could not be made. */
  CONNECT_FAILED(true),
  /** The address is one that this node does not dial, or accept connections from. */
  ADDRESS_REFUSED(true),
  /** This node has as many inbound connections as it takes. */
  TOO_MANY_CONNECTIONS(true),
  /** This node has as many inbound connections of the address, or its network, as it takes. */
  TOO_MANY_FROM_ADDRESS(true),
  /** As many inbound handshakes are under way as this node does at a time. */
  TOO_MANY_HANDSHAKES(true),
  /** As many inbound handshakes of the address are under way as this node does at a time. */
  TOO_MANY_HANDSHAKES_FROM_ADDRESS(true),
  /** The inbound handshake took the longest when there was no place left: it made way. */
  HANDSHAKE_EVICTED(true),

  /** The application's own code failed. */
  APPLICATION_ERROR(false);

  private final boolean retryable;

  Reason(boolean retryable) {
    this.retryable = retryable;
  }

  /**
   * Whether another attempt can succeed where this one failed.
   *
   * @return false where the peer's identity or the software on either side has to change first
   */
  public boolean isRetryable() {
    return retryable;
  }
}
