package io.fluxwire;

/**
 * Why a dial failed or a connection ended: the machine-readable half of every {@link PeerException}
 * and of every {@link CloseReason}. The set is small, so that a value can be the tag of a metric.
 *
 * <p>Each value says who caused it ({@link #origin()}), at which stage of a connection it occurs
 * ({@link #stage()}), whether another attempt can help ({@link #isRetryable()}) and whether the
 * peer is told ({@link #isToldToPeer()}). Later versions may add values. So code that treats
 * several reasons alike should use these properties rather than a list of values, and a {@code
 * switch} over reasons should have a {@code default}.
 */
public enum Reason {
  /** The peer closed the connection between two packets. */
  CLOSED_BY_PEER(
      Origin.PEER,
      Stage.SESSION,
      true,
      false,
      "The peer ended its stream between two packets; in an upgraded session, by END "
          + "in good order.",
      "Nothing, or dial again."),
  /**
   * The stream of a BOLT 8 session ended between two messages. Whether the peer closed the
   * connection or somebody cut the line, such a session cannot tell (section 11).
   */
  CLOSED_UNAUTHENTICATED(
      Origin.PATH,
      Stage.SESSION,
      true,
      false,
      "The stream of a BOLT 8 session ended between two messages: the peer closed, or the line was cut.",
      "Nothing, or dial again; only the messages can say whether all of them came."),
  /** This side closed the connection. */
  CLOSED_LOCALLY(
      Origin.APPLICATION,
      Stage.SESSION,
      true,
      false,
      "This side called close() or dispose().",
      "Nothing."),
  /**
   * This side closed the connection with an error, so that the peer does not take this for the end
   * of a complete stream (section 6).
   */
  CLOSED_WITH_ERROR(
      Origin.APPLICATION,
      Stage.SESSION,
      true,
      true,
      "This side called closeWithError(), or a server's handler failed.",
      "Read this side's log; the peer has the text."),
  /** The connection broke: reset or unreachable. */
  CONNECTION_LOST(
      Origin.PATH,
      Stage.SESSION,
      true,
      false,
      "The connection was reset or broken off, or the peer's machine became unreachable.",
      "Dial again; what was sent last may not have arrived."),
  /** The peer ended the session with an {@code error} packet (protocol.md section 6). */
  PEER_ERROR(
      Origin.PEER,
      Stage.SESSION,
      true,
      false,
      "The peer sent an error packet or, in an upgraded session, an END frame with an error.",
      "Read its text: the peer may refuse this node for good."),

  /** The session public key does not start with 02 or 03 (section 1). */
  SESSION_KEY_PREFIX(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "The first byte received is not 02 or 03, so it does not begin a session key.",
      "Check the port: something else listens there. The message names it if it is recognized."),
  /** The session public key's x is not below the field prime or not on the curve (section 1). */
  SESSION_KEY_NOT_ON_CURVE(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "The session key received is not a point of the curve.",
      "Check the port: something else listens there. The message names it if it is recognized."),
  /** The peer sent this side's own session public key back (section 1). */
  SESSION_KEY_REFLECTED(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "This side's own session key came back.",
      "Look for an echo service or a mirror on the way."),
  /** Act one of a BOLT 8 handshake has another version than 0 (section 11). */
  ACT_ONE_VERSION(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "Act one, the first message of a BOLT 8 handshake, does not begin with version 0.",
      "Find out what the peer speaks. The message names it if it is recognized."),
  /** The key in act one is no point of the curve (section 11). */
  ACT_ONE_KEY(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "The key in act one of the peer is not a point of the curve.",
      "The peer's software breaks the protocol: update it, or tell its developers."),
  /** A tag of act one is wrong (section 11). */
  ACT_ONE_TAG(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "The peer expects another node than this one, or act one was changed on the way.",
      "Give the peer's operator the id of this node."),
  /** The stream ended inside act one (section 11). */
  ACT_ONE_TRUNCATED(
      Origin.PATH,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "The stream ended inside act one: the peer died while it sent, or the line was cut.",
      "Nothing; the peer dials again."),
  /** Act two of a BOLT 8 handshake has another version than 0 (section 11). */
  ACT_TWO_VERSION(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "Act two, the answer in a BOLT 8 handshake, does not begin with version 0.",
      "Check the port: something else listens there. The message names it if it is recognized."),
  /** The key in act two is no point of the curve (section 11). */
  ACT_TWO_KEY(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "The key in act two of the peer is not a point of the curve.",
      "Check the port. If it is right, the peer's software breaks the protocol: update it."),
  /** A tag of act two is wrong (section 11). */
  ACT_TWO_TAG(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "The node that answers is not the expected one, or act two was changed on the way.",
      "Check address and id; if they are right, somebody may sit between the two nodes."),
  /** The stream ended inside act two (section 11). */
  ACT_TWO_TRUNCATED(
      Origin.PATH,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "The stream ended inside act two: the peer died while it sent, or the line was cut.",
      "Dial again."),
  /** Act three of a BOLT 8 handshake has another version than 0 (section 11). */
  ACT_THREE_VERSION(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "Act three, the last message of a BOLT 8 handshake, does not begin with version 0.",
      "Find out what the peer speaks. The message names it if it is recognized."),
  /** The key in act three is no point of the curve (section 11). */
  ACT_THREE_KEY(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "The key in act three of the peer is not a point of the curve.",
      "The peer's software breaks the protocol: update it, or tell its developers."),
  /** A tag of act three is wrong (section 11). */
  ACT_THREE_TAG(
      Origin.PEER,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "The peer did not prove its node id, or act three was changed on the way.",
      "Somebody may be between the two nodes: send nothing secret over this network until you "
          + "know why."),
  /** The stream ended inside act three (section 11). */
  ACT_THREE_TRUNCATED(
      Origin.PATH,
      Stage.SESSION_KEY_EXCHANGE,
      true,
      false,
      "The stream ended inside act three: the peer died while it sent, or the line was cut.",
      "Nothing; the peer dials again."),
  /** The handshake did not end within its deadline. */
  HANDSHAKE_TIMEOUT(
      Origin.LIMIT,
      Stage.HANDSHAKE,
      true,
      true,
      "The handshake took longer than its timeout, 10 s by default; the message says "
          + "which part it was waiting in.",
      "Check the port, since another service may listen there and say nothing; look whether the "
          + "server is out of file descriptors or at a limit of connections; dial again later, or raise the "
          + "handshake timeout."),
  /** This node's own authorizer did not decide within its timeout. */
  AUTHORIZER_TIMEOUT(
      Origin.THIS_NODE,
      Stage.AUTHENTICATE,
      true,
      false,
      "This node's own authorizer did not decide on the peer within its timeout, 5 s "
          + "by default.",
      "Find out what the authorizer waits for, or raise the authorizer timeout."),
  /** No packet came or went for the idle timeout (section 8). */
  IDLE_TIMEOUT(
      Origin.LIMIT,
      Stage.SESSION,
      true,
      true,
      "No packet came or went for as long as the idle timeout says.",
      "Send something now and then, or raise the idle timeout."),
  /** The peer has read nothing of what is being written for the write timeout (section 8). */
  WRITE_STALLED(
      Origin.LIMIT,
      Stage.SESSION,
      true,
      true,
      "The peer read nothing of what was being written for 20 s, and 1 s more for each 256 KiB of "
          + "it.",
      "Let the application at the other end read, or raise the write timeout."),
  /** A frame that started to arrive did not finish within the frame timeout (section 8). */
  FRAME_TIMEOUT(
      Origin.LIMIT,
      Stage.FRAME,
      true,
      true,
      "A frame started to arrive and was not complete 30 s later.",
      "The line or the peer hangs: dial again, or raise the frame timeout."),
  /**
   * The connection held too much of this node's byte budget for too long, while other connections
   * waited for room.
   */
  BYTES_EXHAUSTED(
      Origin.LIMIT,
      Stage.SESSION,
      true,
      true,
      "Inbound connections held as many bytes as InboundLimits.bytes allows, a large frame waited "
          + "for room for 5 s, and this connection held the most, counted as bytes times seconds.",
      "Let the application at the other end read and send frames without a pause, or "
          + "raise the limit."),

  /** A frame's HMAC is wrong (section 3). */
  MAC_MISMATCH(
      Origin.PEER,
      Stage.FRAME,
      true,
      true,
      "A frame, or the order of frames, was changed on the way.",
      "Dial again. If it happens again, a device on the way changes the data, or somebody tampers "
          + "with it: try another network."),
  /** A frame's {@code totlen} is below the one before it (section 3). */
  TOTLEN_BACKWARDS(
      Origin.PEER,
      Stage.FRAME,
      true,
      true,
      "A frame's totlen is smaller than the one before it.",
      "Dial again. If it happens again, a device on the way changes the data, or somebody tampers "
          + "with it: try another network."),
  /**
   * A frame announces a payload over 1 MiB (section 3), or, at a server that limits bytes, a
   * payload over 64 KiB before {@code authenticate}.
   */
  PAYLOAD_TOO_LARGE(
      Origin.PEER,
      Stage.FRAME,
      true,
      true,
      "A packet is over 1 MiB, its parts taken together; at a server with limits, "
          + "over 64 KiB before authenticate is checked.",
      "Compare the versions of both sides. If it happens again, somebody may tamper with the data: "
          + "try another network."),
  /** A frame's decrypted padding is not zero (section 3). */
  PADDING_NOT_ZERO(
      Origin.PEER,
      Stage.FRAME,
      true,
      true,
      "The padding of a frame is not zero.",
      "Tell the peer's developers: the frame passed the HMAC."),
  /**
   * The stream ended inside a frame (section 3): the peer died while it was sending, or somebody
   * cut the line. This counts as a lost connection, not as a fault of the peer's.
   */
  FRAME_TRUNCATED(
      Origin.PATH,
      Stage.FRAME,
      true,
      false,
      "The stream ended inside a frame: the peer died while it sent, or the line was cut.",
      "Dial again."),

  /** The first packet is not {@code authenticate} (section 4). */
  AUTHENTICATE_MISSING(
      Origin.PEER,
      Stage.AUTHENTICATE,
      false,
      true,
      "The first packet is not authenticate.",
      "The peer's software breaks the protocol: update it, or tell its developers."),
  /** The node id is not a point of the curve in its 33-byte form (section 4). */
  NODE_ID_INVALID(
      Origin.PEER,
      Stage.AUTHENTICATE,
      false,
      true,
      "The node id is not a compressed point of the curve.",
      "The peer's software breaks the protocol: update it, or tell its developers."),
  /** The node id is this node's own: it dialled itself (section 4). */
  NODE_ID_OWN(
      Origin.PEER,
      Stage.AUTHENTICATE,
      false,
      true,
      "The node met itself, or its key is in use twice.",
      "Correct the address; give each node a key of its own."),
  /** The node id is not the one that the dial expected (section 4). */
  NODE_ID_UNEXPECTED(
      Origin.PEER,
      Stage.AUTHENTICATE,
      false,
      true,
      "Another node answered than the one that expect(...) names.",
      "Check address and id; do not simply take the new id."),
  /** The signature's r or s is zero or not below the group order (section 4). */
  SIGNATURE_OUT_OF_RANGE(
      Origin.PEER,
      Stage.AUTHENTICATE,
      false,
      true,
      "The signature's r or s is 0 or too large.",
      "The peer's software breaks the protocol: update it, or tell its developers."),
  /** The signature's s is in the upper half of the group order (section 4). */
  SIGNATURE_HIGH_S(
      Origin.PEER,
      Stage.AUTHENTICATE,
      false,
      true,
      "The signature's s is in the upper half of the group order.",
      "The peer's software breaks the protocol: update it, or tell its developers."),
  /** The signature does not verify (section 4). */
  SIGNATURE_INVALID(
      Origin.PEER,
      Stage.AUTHENTICATE,
      false,
      true,
      "The signature does not verify.",
      "Somebody may be between the two nodes: send nothing secret over this network until you "
          + "know why."),
  /** The peer has proven its node id, but this node does not let it in. */
  NOT_AUTHORIZED(
      Origin.LIMIT,
      Stage.AUTHENTICATE,
      false,
      true,
      "This node's authorizer said no, or gave no answer; a banned node id is refused "
          + "in the same way.",
      "Allow the id, if it should be allowed."),
  /** This node's own signer failed or gave no signature (section 4). */
  SIGNER_FAILED(
      Origin.THIS_NODE,
      Stage.AUTHENTICATE,
      true,
      false,
      "This node's own signer failed, or returned no signature.",
      "See the failure's cause; the peer saw a connection that broke off."),
  /**
   * The signature that this node's own signer returned does not verify under its node id (section
   * 4), or it returned no shared secret (section 11).
   */
  SIGNER_WRONG(
      Origin.THIS_NODE,
      Stage.AUTHENTICATE,
      false,
      false,
      "The signature that this node's own signer returned does not verify under its node id.",
      "Give the signer the key that its id() names."),
  /** This node's own identity cannot agree on keys, which BOLT 8 needs (section 11). */
  AGREEMENT_UNSUPPORTED(
      Origin.THIS_NODE,
      Stage.AUTHENTICATE,
      false,
      false,
      "This node's own identity can sign, but not agree on keys, which BOLT 8 needs.",
      "Implement NodeIdentity.agree, or speak version 3."),

  /**
   * The offer or the choice of an upgrade is not well-formed, or contains a part twice (section
   * 9.1).
   */
  UPGRADE_MALFORMED(
      Origin.PEER,
      Stage.AUTHENTICATE,
      false,
      true,
      "The offer or the choice of an upgrade does not parse, or has a part twice.",
      "The peer's software breaks the protocol: update it, or tell its developers."),
  /** The peer chose something for the upgrade that it was not offered (section 9.1). */
  UPGRADE_NOT_OFFERED(
      Origin.PEER,
      Stage.AUTHENTICATE,
      false,
      true,
      "The peer chose an upgrade that it was not offered.",
      "The peer's software breaks the protocol: update it, or tell its developers."),
  /** The ML-KEM-768 key or ciphertext has a wrong size or fails FIPS 203's checks (section 9.1). */
  KEM_INVALID(
      Origin.PEER,
      Stage.AUTHENTICATE,
      false,
      true,
      "The ML-KEM-768 key has a wrong size or a number that is too large, or the "
          + "ciphertext has a wrong size.",
      "The peer's software breaks the protocol: update it, or tell its developers."),
  /** This side insists on an upgraded session, and the peer does not have it (section 9.1). */
  UPGRADE_REQUIRED(
      Origin.LIMIT,
      Stage.AUTHENTICATE,
      false,
      true,
      "This side insists on an upgraded session, and the peer has none.",
      "Update the peer, or allow version 3: UpgradePolicy.allowed()."),
  /** This side insists on post-quantum secrecy, and the peer does not have it (section 9.1). */
  POST_QUANTUM_REQUIRED(
      Origin.LIMIT,
      Stage.AUTHENTICATE,
      false,
      true,
      "This side insists on post-quantum secrecy, and the peer has none.",
      "Switch it on at the peer, or do not require it here."),
  /**
   * The connection ended after this side had chosen an upgrade and before the peer had accepted
   * this side. Either the peer refused without giving its reason, since it could not yet encrypt a
   * message, or somebody cut the line (section 9.1).
   */
  CLOSED_BEFORE_READY(
      Origin.PATH,
      Stage.AUTHENTICATE,
      true,
      false,
      "The connection ended after this side chose an upgrade and before the peer accepted this "
          + "side: the peer refused without giving its reason, or the line was cut.",
      "See the peer's log; dial again."),

  /** A record's authentication tag is wrong (section 9.3). */
  TAG_MISMATCH(
      Origin.PEER,
      Stage.FRAME,
      true,
      true,
      "A record, or the order of records, was changed on the way.",
      "Dial again. If it happens again, a device on the way changes the data, or somebody tampers "
          + "with it: try another network."),
  /** A record's length is 0 or 1 (section 9.3). */
  RECORD_TOO_SHORT(
      Origin.PEER,
      Stage.FRAME,
      false,
      true,
      "A record's body has no room for a frame.",
      "Tell the peer's developers: its authentication tag is right, so the peer itself sent it."),
  /**
   * A record's body does not consist of complete frames, or a frame does not have the form of its
   * type (section 9.4).
   */
  RECORD_MALFORMED(
      Origin.PEER,
      Stage.FRAME,
      false,
      true,
      "A record's body is not made of whole frames.",
      "Tell the peer's developers: its authentication tag is right, so the peer itself sent it."),
  /** A frame of an unknown type with an even number (section 9.4). */
  UNKNOWN_EVEN_FRAME(
      Origin.PEER,
      Stage.FRAME,
      false,
      true,
      "The peer sent a frame of an even type that is unknown here.",
      "Update Fluxwire on this side."),
  /** A READY or ROTATE frame came at a point where it is not allowed (section 9.4). */
  FRAME_MISPLACED(
      Origin.PEER,
      Stage.FRAME,
      false,
      true,
      "A READY or ROTATE frame came at a point where it is not allowed.",
      "Tell the peer's developers: its authentication tag is right, so the peer itself sent it."),
  /**
   * The stream of an upgraded session ended without the peer's END frame, or END came in the middle
   * of a packet (section 9.4): the peer died, or somebody cut the line. All complete packets have
   * been delivered.
   */
  STREAM_TRUNCATED(
      Origin.PATH,
      Stage.SESSION,
      true,
      false,
      "The stream of an upgraded session ended without the peer's END: the peer died, "
          + "or the line was cut.",
      "Dial again; each packet that was whole has been delivered."),
  /**
   * Nothing was received for the keep-alive timeout, not even the answer to a ping (section 9.4).
   */
  KEEP_ALIVE_TIMEOUT(
      Origin.LIMIT,
      Stage.SESSION,
      true,
      true,
      "The peer neither answered a ping nor sent anything else in time.",
      "The line or the peer hangs: dial again."),

  /** A payload is not the protobuf message that the codec expects, or lacks a required field. */
  PACKET_MALFORMED(
      Origin.PEER,
      Stage.PACKET,
      false,
      true,
      "A packet is not the message that it should be.",
      "Use the same .proto on both sides."),
  /** An unknown field with an even number (section 5). */
  UNKNOWN_EVEN_FIELD(
      Origin.PEER,
      Stage.PACKET,
      false,
      true,
      "The peer sent a field with an even number that is not in this side's .proto.",
      "Use the same .proto on both sides, or give new optional fields odd numbers: those are "
          + "ignored where they are unknown."),
  /** {@code authenticate} came a second time (section 4). */
  AUTHENTICATE_REPEATED(
      Origin.PEER,
      Stage.PACKET,
      false,
      true,
      "The packet authenticate came a second time.",
      "The peer's software breaks the protocol: update it, or tell its developers."),
  /**
   * A payload to send is empty, or shorter than 16 bytes although short payloads are not allowed
   * (section 3).
   */
  PAYLOAD_TOO_SHORT(
      Origin.APPLICATION,
      Stage.PACKET,
      false,
      false,
      "A payload to send is empty, or has less than 16 bytes.",
      "Pad it to 16 bytes. PacketCodec.raw().allowShortPayloads() allows 1 to 15; an empty payload is never sent."),
  /**
   * A packet that the application offers cannot be sent: it is over 1 MiB (section 3), lacks a
   * required field, or does not serialize.
   */
  PACKET_UNSENDABLE(
      Origin.APPLICATION,
      Stage.PACKET,
      false,
      false,
      "A packet to send is over 1 MiB, or lacks a required field.",
      "Split the packet, or complete it."),

  /**
   * A CHANNEL frame has a bad name, no attempt, a number of 2^63 or above, or is not whole (section
   * 10).
   */
  CHANNEL_MALFORMED(
      Origin.PEER,
      Stage.CHANNEL,
      false,
      true,
      "A CHANNEL frame has a bad name or number, or is not whole.",
      "Tell the peer's developers: its authentication tag is right, so the peer itself sent it."),
  /**
   * A second CHANNEL, or a packet, a part of one or an ACK ahead of the peer's CHANNEL (section
   * 10).
   */
  CHANNEL_OUT_OF_PLACE(
      Origin.PEER,
      Stage.CHANNEL,
      false,
      true,
      "A second CHANNEL frame came, or a packet or an ACK before the first.",
      "Tell the peer's developers: its authentication tag is right, so the peer itself sent it."),
  /** An ACK takes a position back, or is beyond what was sent on the connection (section 10). */
  ACK_INVALID(
      Origin.PEER,
      Stage.CHANNEL,
      false,
      true,
      "An ACK acknowledges less than an earlier one, or more than was sent.",
      "Tell the peer's developers: its authentication tag is right, so the peer itself sent it."),
  /**
   * The two sides' stores contradict each other, because one of them was lost or replaced (section
   * 10).
   */
  CHANNEL_DISAGREEMENT(
      Origin.PEER,
      Stage.CHANNEL,
      false,
      true,
      "The two sides' stores contradict each other: the other side's position is not in this "
          + "side's store, or the other side knows another store of this side. One of the two "
          + "stores was lost or replaced. The message has both positions.",
      "To begin anew, delete the channel's store on both sides: packets that were not delivered are lost."),
  /** This side wants a resumable channel, and the peer does not offer channels (section 10). */
  CHANNEL_UNSUPPORTED(
      Origin.LIMIT,
      Stage.CHANNEL,
      false,
      true,
      "This side wants a channel, and the peer does not offer channels.",
      "Call channels(…) of the peer's server, and switch upgrades on, on both sides."),
  /** A later connection of the channel has taken this one's place (section 10). */
  CHANNEL_SUPERSEDED(
      Origin.LIMIT,
      Stage.CHANNEL,
      false,
      true,
      "A later connection of the same channel took over.",
      "Nothing, if the later one is this side's own; else stop whoever else uses this "
          + "node's key."),
  /**
   * The node has as many channels open at its peer as one node may have, or the peer has as many
   * open with all nodes as it allows.
   */
  TOO_MANY_CHANNELS(
      Origin.LIMIT,
      Stage.CHANNEL,
      true,
      true,
      "The dialing node has as many channels open at its peer as one node may have, or all nodes "
          + "together have as many as the peer allows.",
      "Close channels that are not needed."),
  /** This node's own store of a channel failed (section 10). */
  CHANNEL_STORE_FAILED(
      Origin.THIS_NODE,
      Stage.CHANNEL,
      true,
      false,
      "This side's own store of the channel failed.",
      "See the failure's cause: the disk may be full."),
  /**
   * This node's own store of a channel is an old copy: the peer has seen later attempts to connect
   * than the latest one in the store (section 10).
   */
  CHANNEL_STORE_STALE(
      Origin.THIS_NODE,
      Stage.CHANNEL,
      false,
      false,
      "The peer has seen later attempts to connect than this side's store has: the store was "
          + "replaced by an old copy.",
      "Put the newest store back. If it is gone, delete the channel's store on both sides: packets that were not delivered are lost."),

  /** A name has no address (section 7). */
  NAME_NOT_RESOLVED(
      Origin.PATH,
      Stage.RESOLVE,
      true,
      false,
      "The name has no address.",
      "Check the name and the DNS."),
  /** Every address of a dial failed (section 7): each one's own reason is in its failure. */
  ALL_ADDRESSES_FAILED(
      Origin.PATH,
      Stage.CONNECT,
      true,
      false,
      "The name has several addresses, and dialing each of them failed.",
      "Read the failure of each address: failures() has them, and isRetryable() says "
          + "whether another dial can help."),
  /** The TCP connection could not be made. */
  CONNECT_FAILED(
      Origin.PATH,
      Stage.CONNECT,
      true,
      false,
      "The TCP connection was refused, or was not established within 10 s.",
      "Check that the peer listens and that nothing blocks the way; dial again."),
  /** The proxy by which this node dials does not answer. */
  PROXY_UNREACHABLE(
      Origin.PATH,
      Stage.CONNECT,
      true,
      false,
      "The proxy by which this node dials cannot be reached, or what answers there speaks no "
          + "SOCKS 5.",
      "Check that the proxy runs, and its address and port."),
  /** The proxy by which this node dials does not serve it, or not for this address. */
  PROXY_REFUSED(
      Origin.PATH,
      Stage.CONNECT,
      true,
      false,
      "The proxy by which this node dials does not take its user name and password, or its rules "
          + "forbid the address.",
      "Check the user name and the password, and the proxy's rules."),
  /** This node does not dial the address, or does not accept connections from it. */
  ADDRESS_REFUSED(
      Origin.LIMIT,
      Stage.CONNECT,
      true,
      false,
      "The address is not one that dialOnly or admit lets through, or it is banned.",
      "Change the list, if the address should be let through."),
  /**
   * A proxy that is named as one sent no header of the PROXY protocol, so that it is not known
   * whose connection it is.
   */
  PROXY_HEADER_MISSING(
      Origin.PATH,
      Stage.CONNECT,
      true,
      false,
      "A connection from an address that proxyProtocol names does not begin with a header of the "
          + "PROXY protocol.",
      "Let the proxy send the header (haproxy: send-proxy-v2), or take its address out of "
          + "proxyProtocol."),
  /** A proxy's header of the PROXY protocol is malformed, too long or not complete. */
  PROXY_HEADER_MALFORMED(
      Origin.PATH,
      Stage.CONNECT,
      true,
      false,
      "A header of the PROXY protocol is malformed, too long or not complete; the message says "
          + "what is wrong.",
      "Compare with the proxy's settings: versions 1 and 2 are read, over TCP, and 536 bytes of "
          + "version 2."),
  /** This node has as many inbound connections as its limit allows. */
  TOO_MANY_CONNECTIONS(
      Origin.LIMIT,
      Stage.CONNECT,
      true,
      false,
      "This node has as many inbound connections as InboundLimits.connections says.",
      "Raise InboundLimits.connections, or keep places for known addresses by InboundLimits.reserve."),
  /**
   * This node has as many inbound connections from the address or its network as its limit allows.
   */
  TOO_MANY_FROM_ADDRESS(
      Origin.LIMIT,
      Stage.CONNECT,
      true,
      false,
      "This address or network has as many inbound connections as one of its kind may have.",
      "Raise perIpv4Address or perIpv6Network of InboundLimits; name an address that many peers "
          + "share, such as a proxy's, in InboundLimits.shared, or in proxyProtocol."),
  /** As many inbound handshakes are under way as this node's limit allows. */
  TOO_MANY_HANDSHAKES(
      Origin.LIMIT,
      Stage.CONNECT,
      true,
      false,
      "As many inbound handshakes are under way as InboundLimits.handshakes says.",
      "Raise InboundLimits.handshakes, or keep places for known addresses by InboundLimits.reserve."),
  /** As many inbound handshakes from the address are under way as this node's limit allows. */
  TOO_MANY_HANDSHAKES_FROM_ADDRESS(
      Origin.LIMIT,
      Stage.CONNECT,
      true,
      false,
      "This address has as many handshakes under way as one address may have.",
      "Raise the second number of InboundLimits.handshakes; name an address that many peers share, "
          + "such as a proxy's, in InboundLimits.shared, or in proxyProtocol."),
  /**
   * A limit was reached, and this inbound handshake was closed to make room, because it had taken
   * the longest.
   */
  HANDSHAKE_EVICTED(
      Origin.LIMIT,
      Stage.CONNECT,
      true,
      false,
      "A limit was reached, and this handshake, over 1 s old, had taken the longest: it was closed "
          + "to make room for a new connection.",
      "Raise the limit of handshakes, or reserve slots for friends; see also "
          + "HANDSHAKE_TIMEOUT."),

  /** A request had no answer in time; the connection goes on. */
  REQUEST_TIMEOUT(
      Origin.LIMIT,
      Stage.SESSION,
      true,
      false,
      "No answer to a request came in time, 30 s by default; the connection goes on.",
      "Ask again if it may be done twice, or raise the timeout."),
  /** The connection has as many unanswered and waiting requests as its limits allow. */
  TOO_MANY_REQUESTS(
      Origin.LIMIT,
      Stage.SESSION,
      true,
      false,
      "As many requests of the connection are unanswered as may be, 256 by default, and as many "
          + "wait to be sent as may wait, 1,024 by default.",
      "Ask less at a time, or raise maxWaiting."),

  /** This node is about to stop and takes no new connections. */
  DRAINING(
      Origin.LIMIT,
      Stage.CONNECT,
      true,
      false,
      "This node is being drained: it takes no new connections, and its peers go to others.",
      "Nothing: whoever dials tries its next address at once."),
  /** No instance of a fleet has the peer that packets are for. */
  PEER_NOT_HELD(
      Origin.PATH,
      Stage.SESSION,
      true,
      false,
      "No instance of the fleet has a connection with the peer.",
      "Send again when the peer is connected, or have the send wait for it."),
  /**
   * Packets were for a peer of another instance of a fleet, and the engine between the two, or the
   * other one, failed.
   */
  FORWARDING_FAILED(
      Origin.PATH,
      Stage.SESSION,
      true,
      false,
      "Packets for a peer of another instance could not be handed to it, or it went away with them.",
      "The failure says how many packets may have been delivered; send the others again."),

  /** The application's own code failed. */
  APPLICATION_ERROR(
      Origin.APPLICATION,
      Stage.SESSION,
      false,
      false,
      "The application's codec or authorizer threw something other than a PeerException.",
      "See the failure's cause.");

  private final Origin origin;
  private final Stage stage;
  private final boolean retryable;
  private final boolean toldToPeer;
  private final String description;
  private final String advice;

  Reason(
      Origin origin,
      Stage stage,
      boolean retryable,
      boolean toldToPeer,
      String description,
      String advice) {
    this.origin = origin;
    this.stage = stage;
    this.retryable = retryable;
    this.toldToPeer = toldToPeer;
    this.description = description;
    this.advice = advice;
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
   * At which stage of a connection it occurs.
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
   * 6). It does so if there are session keys already and the codec has a packet for errors.
   *
   * @return true where the peer broke a rule or a limit, and can learn something from it, and where
   *     the application says what to tell it; false for this node's own trouble, which is none of
   *     the peer's business, and where the line is gone
   */
  public boolean isToldToPeer() {
    return toldToPeer;
  }

  /**
   * What happened, for a person who reads a page or a log and does not know the code. Details of a
   * single failure, such as an address, are in the failure's own message.
   *
   * @return one or two sentences in English, without markup; may be worded otherwise in a later
   *     version
   */
  public String description() {
    return description;
  }

  /**
   * What a person can do about it, or that there is nothing to do.
   *
   * @return one or two sentences in English, without markup; may be worded otherwise in a later
   *     version
   */
  public String advice() {
    return advice;
  }

  /**
   * Who causes the end of a connection, or the failure of a dial. Later versions may add values.
   */
  public enum Origin {
    /**
     * The peer, or somebody who answers in its place, closed the connection or broke a rule of the
     * protocol.
     */
    PEER,
    /**
     * What lies between the two nodes: the network, a name service, or a peer that just vanished.
     */
    PATH,
    /** This node: its own signer or authorizer did not do its work. */
    THIS_NODE,
    /** The application on this side: it closed the connection, failed, or misused the library. */
    APPLICATION,
    /**
     * Nobody broke a rule, but the connection exceeded what this node is configured to allow: which
     * peers, from which addresses, how many connections, how many bytes, or for how long.
     */
    LIMIT
  }

  /** The part of a connection's life to which a reason belongs. Later versions may add values. */
  public enum Stage {
    /** A name is resolved to addresses. */
    RESOLVE,
    /** The transport connects, and a server decides whether its limits allow the connection. */
    CONNECT,
    /** The handshake as a whole, in either of its two parts. */
    HANDSHAKE,
    /**
     * The first part of a handshake: session public keys are exchanged. All acts of BOLT 8 belong
     * to it.
     */
    SESSION_KEY_EXCHANGE,
    /** The second part: both sides prove who they are, and the authorizer decides. */
    AUTHENTICATE,
    /** Encrypted frames come in. */
    FRAME,
    /** Frames become packets, or packets become frames. */
    PACKET,
    /**
     * A resumable channel runs over the connection: both sides agree on the positions from which it
     * continues, and acknowledge packets.
     */
    CHANNEL,
    /**
     * The connection as a whole, after or during its handshake: it was closed, lost or too slow.
     */
    SESSION
  }
}
