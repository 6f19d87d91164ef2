package io.fluxwire;

/**
 * Why a dial failed or a connection ended: the machine-readable half of every {@link PeerException}
 * and of every {@link CloseReason}. The set is small, so that a value can be a metric's tag.
 *
 * <p>Each value says who caused it ({@link #origin()}), at which stage of a connection it shows
 * ({@link #stage()}), whether another attempt can help ({@link #isRetryable()}) and whether the
 * peer hears of it ({@link #isToldToPeer()}). Code that treats reasons alike asks for these rather
 * than for a list of values: later versions may add values. A {@code switch} over reasons wants a
 * {@code default} for the same reason.
 */
public enum Reason {
  /** The peer closed the connection between two packets. */
  CLOSED_BY_PEER(Origin.PEER, Stage.SESSION, true, false),
  /** This side closed the connection. */
  CLOSED_LOCALLY(Origin.APPLICATION, Stage.SESSION, true, false),
  /** The connection broke: reset or unreachable. */
  CONNECTION_LOST(Origin.PATH, Stage.SESSION, true, false),
  /** The peer ended the session with an {@code error} packet (protocol.md section 6). */
  PEER_ERROR(Origin.PEER, Stage.SESSION, true, false),

  /** The session public key does not start with 02 or 03 (section 1). */
  SESSION_KEY_PREFIX(Origin.PEER, Stage.SESSION_KEY_EXCHANGE, true, false),
  /** The session public key's x is not below the field prime or not on the curve (section 1). */
  SESSION_KEY_NOT_ON_CURVE(Origin.PEER, Stage.SESSION_KEY_EXCHANGE, true, false),
  /** The peer sent this side's own session public key back (section 1). */
  SESSION_KEY_REFLECTED(Origin.PEER, Stage.SESSION_KEY_EXCHANGE, true, false),
  /** The handshake did not end within its deadline. */
  HANDSHAKE_TIMEOUT(Origin.LIMIT, Stage.HANDSHAKE, true, true),
  /** This node's own authorizer did not decide within its timeout. */
  AUTHORIZER_TIMEOUT(Origin.THIS_NODE, Stage.AUTHENTICATE, true, false),
  /** No packet came or went for the idle timeout (section 8). */
  IDLE_TIMEOUT(Origin.LIMIT, Stage.SESSION, true, true),
  /** The peer has taken nothing of what is being written for the write timeout (section 8). */
  WRITE_STALLED(Origin.LIMIT, Stage.SESSION, true, true),
  /** A frame that started to arrive did not finish within the frame timeout (section 8). */
  FRAME_TIMEOUT(Origin.LIMIT, Stage.FRAME, true, true),
  /** The connection held too much of this node's byte budget for too long, and others waited. */
  BYTES_EXHAUSTED(Origin.LIMIT, Stage.SESSION, true, true),

  /** A frame's HMAC is wrong (section 3). */
  MAC_MISMATCH(Origin.PEER, Stage.FRAME, true, true),
  /** A frame's {@code totlen} is below the one before it (section 3). */
  TOTLEN_BACKWARDS(Origin.PEER, Stage.FRAME, true, true),
  /**
   * A frame announces a payload over 1 MiB (section 3); or, where there is a budget of bytes, one
   * over 64 KiB before {@code authenticate}.
   */
  PAYLOAD_TOO_LARGE(Origin.PEER, Stage.FRAME, true, true),
  /** A frame's decrypted padding is not zero (section 3). */
  PADDING_NOT_ZERO(Origin.PEER, Stage.FRAME, true, true),
  /**
   * The stream ended inside a frame (section 3): the peer died while it was sending, or somebody
   * cut the line. A connection that was lost, and no fault of the peer's.
   */
  FRAME_TRUNCATED(Origin.PATH, Stage.FRAME, true, false),

  /** The first packet is not {@code authenticate} (section 4). */
  AUTHENTICATE_MISSING(Origin.PEER, Stage.AUTHENTICATE, false, true),
  /** The node id is not a point of the curve in its 33-byte form (section 4). */
  NODE_ID_INVALID(Origin.PEER, Stage.AUTHENTICATE, false, true),
  /** The node id is this node's own: it dialled itself (section 4). */
  NODE_ID_OWN(Origin.PEER, Stage.AUTHENTICATE, false, true),
  /** The node id is not the one that the dial expected (section 4). */
  NODE_ID_UNEXPECTED(Origin.PEER, Stage.AUTHENTICATE, false, true),
  /** The signature's r or s is zero or not below the group order (section 4). */
  SIGNATURE_OUT_OF_RANGE(Origin.PEER, Stage.AUTHENTICATE, false, true),
  /** The signature's s is in the upper half of the group order (section 4). */
  SIGNATURE_HIGH_S(Origin.PEER, Stage.AUTHENTICATE, false, true),
  /** The signature does not verify (section 4). */
  SIGNATURE_INVALID(Origin.PEER, Stage.AUTHENTICATE, false, true),
  /** The node id is proven, but this node does not serve it. */
  NOT_AUTHORIZED(Origin.LIMIT, Stage.AUTHENTICATE, false, true),
  /** This node's own signer failed or gave no signature (section 4). */
  SIGNER_FAILED(Origin.THIS_NODE, Stage.AUTHENTICATE, true, false),
  /** What this node's own signer gave does not verify under its node id (section 4). */
  SIGNER_WRONG(Origin.THIS_NODE, Stage.AUTHENTICATE, false, false),

  /**
   * The offer or the choice of an upgrade is not well-formed, or a part of it is there twice
   * (section 9.1).
   */
  UPGRADE_MALFORMED(Origin.PEER, Stage.AUTHENTICATE, false, true),
  /** The peer chose of an upgrade what it was not offered (section 9.1). */
  UPGRADE_NOT_OFFERED(Origin.PEER, Stage.AUTHENTICATE, false, true),
  /** The ML-KEM-768 key or ciphertext has a wrong size or fails FIPS 203's checks (section 9.1). */
  KEM_INVALID(Origin.PEER, Stage.AUTHENTICATE, false, true),
  /** This side insists on an upgraded session, and the peer does not have it (section 9.1). */
  UPGRADE_REQUIRED(Origin.LIMIT, Stage.AUTHENTICATE, false, true),
  /** This side insists on post-quantum secrecy, and the peer does not have it (section 9.1). */
  POST_QUANTUM_REQUIRED(Origin.LIMIT, Stage.AUTHENTICATE, false, true),
  /**
   * The connection ended after this side had chosen an upgrade and before the peer let it in: the
   * peer refused it without a word, as it has to where it cannot seal one, or somebody cut the line
   * (section 9.1).
   */
  CLOSED_BEFORE_READY(Origin.PATH, Stage.AUTHENTICATE, true, false),

  /** A record's authentication tag is wrong (section 9.3). */
  TAG_MISMATCH(Origin.PEER, Stage.FRAME, true, true),
  /** A record's length is 0 or 1 (section 9.3). */
  RECORD_TOO_SHORT(Origin.PEER, Stage.FRAME, false, true),
  /** A record's body is not whole frames, each in the form of its type (section 9.4). */
  RECORD_MALFORMED(Origin.PEER, Stage.FRAME, false, true),
  /** A frame of an unknown type with an even number (section 9.4). */
  UNKNOWN_EVEN_FRAME(Origin.PEER, Stage.FRAME, false, true),
  /** A frame came where it must not: READY or ROTATE (section 9.4). */
  FRAME_MISPLACED(Origin.PEER, Stage.FRAME, false, true),
  /**
   * The stream of an upgraded session ended without the peer's authenticated end, or with one
   * inside a packet (section 9.4): the peer died, or somebody cut the line. All that was whole has
   * been delivered.
   */
  STREAM_TRUNCATED(Origin.PATH, Stage.SESSION, true, false),
  /** Nothing came for the keep-alive timeout, not even the answer to a ping (section 9.4). */
  KEEP_ALIVE_TIMEOUT(Origin.LIMIT, Stage.SESSION, true, true),

  /** A payload is not the protobuf message that the codec expects, or lacks a required field. */
  PACKET_MALFORMED(Origin.PEER, Stage.PACKET, false, true),
  /** An unknown field with an even number (section 5). */
  UNKNOWN_EVEN_FIELD(Origin.PEER, Stage.PACKET, false, true),
  /** {@code authenticate} came a second time (section 4). */
  AUTHENTICATE_REPEATED(Origin.PEER, Stage.PACKET, false, true),
  /** A payload to send is empty, or under 16 bytes without permission (section 3). */
  PAYLOAD_TOO_SHORT(Origin.APPLICATION, Stage.PACKET, false, false),
  /**
   * A packet that the application offers cannot be sent: it is over 1 MiB (section 3), lacks a
   * required field, or does not serialise.
   */
  PACKET_UNSENDABLE(Origin.APPLICATION, Stage.PACKET, false, false),

  /**
   * A CHANNEL frame has a bad name, no attempt, a number of 2^63 or above, or is not whole (section
   * 10).
   */
  CHANNEL_MALFORMED(Origin.PEER, Stage.CHANNEL, false, true),
  /**
   * A second CHANNEL, or a packet, a part of one or an ACK ahead of the peer's CHANNEL (section
   * 10).
   */
  CHANNEL_OUT_OF_PLACE(Origin.PEER, Stage.CHANNEL, false, true),
  /** An ACK takes a position back, or is beyond what was sent on the connection (section 10). */
  ACK_INVALID(Origin.PEER, Stage.CHANNEL, false, true),
  /**
   * The two sides' stores do not fit together, since one of them was lost or replaced (section 10).
   */
  CHANNEL_DISAGREEMENT(Origin.PEER, Stage.CHANNEL, false, true),
  /** This side wants a resumable channel, and the peer has none (section 10). */
  CHANNEL_UNSUPPORTED(Origin.LIMIT, Stage.CHANNEL, false, true),
  /** A later connection of the channel has taken this one's place (section 10). */
  CHANNEL_SUPERSEDED(Origin.LIMIT, Stage.CHANNEL, false, true),
  /** A node has as many channels open as its peer lets it, or the peer has as many as it may. */
  TOO_MANY_CHANNELS(Origin.LIMIT, Stage.CHANNEL, true, true),
  /** This node's own store of a channel failed (section 10). */
  CHANNEL_STORE_FAILED(Origin.THIS_NODE, Stage.CHANNEL, true, false),
  /**
   * This node's own store of a channel is an old copy: the peer has seen later attempts than its
   * newest (section 10).
   */
  CHANNEL_STORE_STALE(Origin.THIS_NODE, Stage.CHANNEL, false, false),

  /** A name has no address (section 7). */
  NAME_NOT_RESOLVED(Origin.PATH, Stage.RESOLVE, true, false),
  /** Every address of a dial failed (section 7): each one's own reason is in its failure. */
  ALL_ADDRESSES_FAILED(Origin.PATH, Stage.CONNECT, true, false),
  /** The TCP connection could not be made. */
  CONNECT_FAILED(Origin.PATH, Stage.CONNECT, true, false),
  /** The address is one that this node does not dial, or accept connections from. */
  ADDRESS_REFUSED(Origin.LIMIT, Stage.CONNECT, true, false),
  /** This node has as many inbound connections as it takes. */
  TOO_MANY_CONNECTIONS(Origin.LIMIT, Stage.CONNECT, true, false),
  /** This node has as many inbound connections of the address, or its network, as it takes. */
  TOO_MANY_FROM_ADDRESS(Origin.LIMIT, Stage.CONNECT, true, false),
  /** As many inbound handshakes are under way as this node does at a time. */
  TOO_MANY_HANDSHAKES(Origin.LIMIT, Stage.CONNECT, true, false),
  /** As many inbound handshakes of the address are under way as this node does at a time. */
  TOO_MANY_HANDSHAKES_FROM_ADDRESS(Origin.LIMIT, Stage.CONNECT, true, false),
  /** The inbound handshake took the longest when there was no place left: it made way. */
  HANDSHAKE_EVICTED(Origin.LIMIT, Stage.CONNECT, true, false),

  /** The application's own code failed. */
  APPLICATION_ERROR(Origin.APPLICATION, Stage.SESSION, false, false);

  private final Origin origin;
  private final Stage stage;
  private final boolean retryable;
  private final boolean toldToPeer;

  Reason(Origin origin, Stage stage, boolean retryable, boolean toldToPeer) {
    this.origin = origin;
    this.stage = stage;
    this.retryable = retryable;
    this.toldToPeer = toldToPeer;
  }

  /**
   * Who caused it.
   *
   * @return the party, as this side sees it
   */
  public Origin origin() {
    return origin;
  }

  /**
   * At which stage of a connection it shows.
   *
   * @return the stage
   */
  public Stage stage() {
    return stage;
  }

  /**
   * Whether another attempt can succeed where this one failed.
   *
   * @return false where the peer's identity or the software on either side has to change first
   */
  public boolean isRetryable() {
    return retryable;
  }

  /**
   * Whether this side tells the peer when it ends a connection for this reason (protocol.md section
   * 6). It does so where the session keys are there already and the codec has a packet for it.
   *
   * @return true where the peer broke a rule or a limit, and can learn something from it; false for
   *     this node's own trouble, which is none of the peer's business, and where the line is gone
   */
  public boolean isToldToPeer() {
    return toldToPeer;
  }

  /**
   * Who causes the end of a connection, or the failure of a dial. Later versions may add values.
   */
  public enum Origin {
    /**
     * The peer, or somebody who speaks in its place: it closed the connection, or broke a rule of
     * the protocol.
     */
    PEER,
    /** What lies between the two: the network, a name service, or a peer that just vanished. */
    PATH,
    /** This node: its own signer or authorizer did not do its work. */
    THIS_NODE,
    /** The application on this side: it closed the connection, failed, or misused the library. */
    APPLICATION,
    /**
     * Nobody broke a rule, but the connection went beyond what this node is set to allow: whom,
     * from where, how many, how many bytes, or for how long.
     */
    LIMIT
  }

  /** The part of a connection's life to which a reason belongs. Later versions may add values. */
  public enum Stage {
    /** A name is resolved to addresses. */
    RESOLVE,
    /** The transport's connection is made, and a server decides whether it has a place for it. */
    CONNECT,
    /** The handshake as a whole, whichever of its two parts is under way. */
    HANDSHAKE,
    /** The first part of a handshake: session public keys are exchanged. */
    SESSION_KEY_EXCHANGE,
    /** The second part: both sides prove who they are, and the authorizer decides. */
    AUTHENTICATE,
    /** Encrypted frames come in. */
    FRAME,
    /** Frames become packets, or packets become frames. */
    PACKET,
    /**
     * A resumable channel goes on over the connection: both sides agree on where, and acknowledge
     * packets.
     */
    CHANNEL,
    /**
     * The connection as a whole, after or during its handshake: it was closed, lost or too slow.
     */
    SESSION
  }
}
