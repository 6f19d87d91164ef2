package io.fluxwire.testing;

import static io.fluxwire.testing.ScriptKeys.join;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.transport.ByteDuplex;
import java.io.Closeable;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A peer that follows the protocol step by step as a test tells it, for tests of how a node handles
 * a peer that is wrong, slow, or leaves. It does nothing by itself, so a silent peer is one that is
 * told nothing. It uses none of the node's own protocol code, so that the two do not share
 * mistakes.
 *
 * <p>Steps that send return when the bytes are handed over. Steps that expect something wait for at
 * most 10 s and fail with {@link AssertionError} when something else comes. Over a duplex in
 * virtual time they do not wait: each step runs everything that is due. To be used by one thread,
 * which these steps may block.
 */
public final class ScriptedPeer implements Closeable {

  private static final int MAC = 32;
  private static final int HEADER = MAC + Long.BYTES;
  private static final int ID = 33;

  private final ScriptWire wire;
  private final BigInteger sessionSecret = ScriptKeys.secret();
  private byte[] pending = new byte[0];
  private byte @Nullable [] theirSessionKey;
  private ScriptKeys.@Nullable Stream sending;
  private ScriptKeys.@Nullable Stream receiving;

  private ScriptedPeer(ScriptWire wire) {
    this.wire = wire;
  }

  /**
   * Over a connection in memory, or any other.
   *
   * @param duplex this peer's end
   * @return the peer
   */
  public static ScriptedPeer over(ByteDuplex duplex) {
    return new ScriptedPeer(new ScriptWire.OfDuplex(duplex));
  }

  /**
   * Connects by TCP.
   *
   * @param address where the node listens
   * @return the peer, connected
   * @throws IOException when it cannot connect
   */
  public static ScriptedPeer dial(InetSocketAddress address) throws IOException {
    return new ScriptedPeer(
        new ScriptWire.OfSocket(new Socket(address.getAddress(), address.getPort())));
  }

  /**
   * Waits for a node that dials by TCP.
   *
   * @param listener where it dials
   * @return the peer, connected
   * @throws IOException when nobody comes within the listener's timeout
   */
  public static ScriptedPeer accept(ServerSocket listener) throws IOException {
    return new ScriptedPeer(new ScriptWire.OfSocket(listener.accept()));
  }

  /**
   * This peer's session public key, which is new for each peer.
   *
   * @return 33 bytes
   */
  public byte[] sessionKey() {
    return ScriptKeys.point(sessionSecret);
  }

  /**
   * Sends the session public key.
   *
   * @return this
   */
  public ScriptedPeer sendSessionKey() {
    return send(sessionKey());
  }

  /**
   * Expects the other side's session public key, from which the keys of both directions follow.
   *
   * @return this
   */
  public ScriptedPeer expectSessionKey() {
    byte[] theirs = read(ID);
    byte[] shared = ScriptKeys.shared(sessionSecret, theirs);
    sending = new ScriptKeys.Stream(shared, sessionKey());
    receiving = new ScriptKeys.Stream(shared, theirs);
    theirSessionKey = theirs;
    return this;
  }

  /**
   * Proves an id with the payload of {@link #authenticate}.
   *
   * @param key the key of that id
   * @return this
   */
  public ScriptedPeer sendAuthenticate(NodeIdentity key) {
    return sendPacket(authenticate(key));
  }

  /**
   * Expects the other side's proof, and checks its signature.
   *
   * @return the other side's id
   */
  public NodeId expectAuthenticate() {
    byte[] payload = expectPacket();
    // 92 03 | length, then node_id { key } and session_sig { 8 x fixed64 }, as all encoders do.
    check(payload.length >= 112, "the first packet is authenticate");
    check(payload[0] == (byte) 0x92 && payload[1] == 3, "the first packet is authenticate");
    // With an offer, the length has two bytes. What follows the signature is not checked.
    int start = payload[2] < 0 ? 4 : 3;
    byte[] id = Arrays.copyOfRange(payload, start + 4, start + 37);
    byte[] words = new byte[64];
    for (int i = 0; i < 8; i++) {
      int at = start + 39 + i * 9;
      check(payload[at] == (((i + 1) << 3) | 1), "the signature's words are in order");
      System.arraycopy(payload, at + 1, words, i * 8, 8);
    }
    byte[] r = reversed(Arrays.copyOf(words, 32));
    byte[] s = reversed(Arrays.copyOfRange(words, 32, 64));
    check(ScriptKeys.signs(id, r, s, sessionKey()), "the signature verifies");
    return NodeId.of(id);
  }

  /**
   * A complete handshake as the dialing side: session keys, the other side's proof, then this
   * side's.
   *
   * @param key the key of the id to prove
   * @return this
   */
  public ScriptedPeer handshake(NodeIdentity key) {
    sendSessionKey().expectSessionKey().sendAuthenticate(key);
    expectAuthenticate();
    return this;
  }

  /**
   * The payload that proves an id to the other side of this connection, for a test to send or to
   * corrupt. Signs with the key.
   *
   * @param key the key of that id
   * @return the payload of an {@code authenticate} packet
   */
  public byte[] authenticate(NodeIdentity key) {
    byte[] theirs = Objects.requireNonNull(theirSessionKey, "expectSessionKey() comes before");
    byte[] signed =
        Objects.requireNonNull(key.sign(ScriptKeys.signedHash(theirs)).block(), "a signature");
    byte[] words =
        join(
            reversed(Arrays.copyOf(signed, 32)),
            reversed(Arrays.copyOfRange(signed, 32, signed.length)));
    byte[] signature = new byte[0];
    for (int i = 0; i < 8; i++) {
      byte[] word = Arrays.copyOfRange(words, i * 8, i * 8 + 8);
      signature = join(signature, new byte[] {(byte) (((i + 1) << 3) | 1)}, word);
    }
    byte[] id = field(1, field(1, key.id().toBytes()));
    return field(50, join(id, field(2, signature)));
  }

  /**
   * Sends a packet.
   *
   * @param payload the payload
   * @return this
   */
  public ScriptedPeer sendPacket(byte[] payload) {
    return send(frame(payload));
  }

  /**
   * The next frame, for a test to send in parts, late, or corrupted. The key stream advances as if
   * the frame were sent.
   *
   * @param payload the payload
   * @return the frame
   */
  public byte[] frame(byte[] payload) {
    return frame(
        Arrays.copyOf(payload, padded(payload.length)), sending().total() + payload.length);
  }

  /**
   * As {@link #frame(byte[])}, but for a peer that has the keys and breaks the rules: the HMAC is
   * right, but the content need not be.
   *
   * @param padded the payload with its padding; not checked
   * @param total the total length to claim, this payload included
   * @return the frame
   */
  public byte[] frame(byte[] padded, long total) {
    return sending().seal(padded, total);
  }

  /**
   * Expects a packet, and checks its frame.
   *
   * @return its payload
   */
  public byte[] expectPacket() {
    ScriptKeys.Stream stream = Objects.requireNonNull(receiving, "expectSessionKey() comes before");
    byte[] header = read(HEADER);
    long total = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getLong(MAC);
    long length = total - stream.total();
    check(length >= 0 && length <= 1 << 20, "totlen grows by a packet's length");
    byte[] ciphertext = read(padded((int) length));
    check(stream.verifies(header, ciphertext), "the HMAC is right");
    return Arrays.copyOf(stream.crypt(ciphertext), stream.count(total));
  }

  /**
   * Sends any bytes.
   *
   * @param bytes the bytes
   * @return this
   */
  public ScriptedPeer send(byte[] bytes) {
    wire.write(bytes);
    return this;
  }

  /** Expects that the other side ends its stream (FIN) now. */
  public void expectEnd() {
    check(nextEnd() == ScriptWire.End.IN_ORDER, "the stream ends in good order");
  }

  /** Expects that the connection breaks (RST) now. */
  public void expectBreak() {
    check(nextEnd() == ScriptWire.End.BROKEN, "the connection breaks");
  }

  private ScriptWire.@Nullable End nextEnd() {
    check(pending.length == 0, "nothing more comes before the end");
    return wire.read().end();
  }

  /**
   * Ends this side's stream (FIN).
   *
   * @return this
   */
  public ScriptedPeer end() {
    wire.end();
    return this;
  }

  /** Breaks the connection (RST). */
  public void reset() {
    wire.reset();
  }

  /** As {@link #reset}; does nothing to a connection that has ended. */
  @Override
  public void close() {
    reset();
  }

  /**
   * A protobuf field of type bytes, to build payloads by hand.
   *
   * @param number the field's number
   * @param content under 16 KiB
   * @return its encoding
   */
  public static byte[] field(int number, byte[] content) {
    check(content.length < 1 << 14, "two bytes are enough for a length");
    return join(varint((number << 3) | 2), varint(content.length), content);
  }

  private static byte[] varint(int value) {
    return value < 128
        ? new byte[] {(byte) value}
        : new byte[] {(byte) ((value & 0x7f) | 0x80), (byte) (value >> 7)};
  }

  private ScriptKeys.Stream sending() {
    return Objects.requireNonNull(sending, "expectSessionKey() comes before");
  }

  private byte[] read(int size) {
    while (pending.length < size) {
      ScriptWire.Arrival arrival = wire.read();
      check(arrival.end() == null, size + " bytes come, and not the end: " + arrival.end());
      pending = join(pending, arrival.bytes());
    }
    byte[] bytes = Arrays.copyOf(pending, size);
    pending = Arrays.copyOfRange(pending, size, pending.length);
    return bytes;
  }

  private static int padded(int size) {
    return (size + 15) & -16;
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  private static void check(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError("this was expected, but is not so: " + what);
    }
  }
}
