package io.fluxwire.netty;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;

/**
 * A peer of the old dialect, after the protocol's description alone: blocking, no filler, its
 * authenticate at once in either role. It shares no code with what it tests.
 */
final class OldPeer implements Closeable {

  private static final X9ECParameters SECP256K1 = CustomNamedCurves.getByName("secp256k1");
  private static final ECDomainParameters CURVE =
      new ECDomainParameters(
          SECP256K1.getCurve(), SECP256K1.getG(), SECP256K1.getN(), SECP256K1.getH());

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final BigInteger nodeSecret = secret();
  private final BigInteger sessionSecret = secret();
  private byte[] theirSessionKey = new byte[0];
  private Cipher encrypt;
  private Cipher decrypt;
  private Mac sendMac;
  private Mac receiveMac;
  private long limit = Long.MAX_VALUE;
  private long sent;
  private long received;
  private int piece = Integer.MAX_VALUE;

  private OldPeer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(30_000);
    in = new DataInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  static OldPeer dial(SocketAddress address) throws IOException {
    Socket socket = new Socket();
    socket.connect(address);
    return new OldPeer(socket);
  }

  static ServerSocket listen() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  static OldPeer accept(ServerSocket listener) throws IOException {
    return new OldPeer(listener.accept());
  }

  /** Everything from here on goes to the socket in pieces of this size, a write for each. */
  OldPeer inPiecesOf(int size) {
    piece = size;
    return this;
  }

  /** Keys, and this side's authenticate at once; then the other side's, checked. */
  byte[] handshake() throws IOException, GeneralSecurityException {
    return handshake(new byte[0]);
  }

  /**
   * As {@link #handshake()}.
   *
   * @param moreOfAuthenticate appended to the authenticate message
   * @return the other side's node id
   */
  byte[] handshake(byte[] moreOfAuthenticate) throws IOException, GeneralSecurityException {
    exchangeKeys();
    send(authenticate(moreOfAuthenticate));
    return readAuthenticate();
  }

  void exchangeKeys() throws IOException, GeneralSecurityException {
    byte[] ours = point(sessionSecret);
    write(ours);
    theirSessionKey = in.readNBytes(33);
    byte[] shared =
        sha256(
            CURVE
                .getCurve()
                .decodePoint(theirSessionKey)
                .multiply(sessionSecret)
                .normalize()
                .getEncoded(true));
    encrypt = cipher(shared, ours);
    sendMac = mac(shared, ours);
    decrypt = cipher(shared, theirSessionKey);
    receiveMac = mac(shared, theirSessionKey);
  }

  /** The payload that proves this side, once the keys are exchanged. */
  byte[] authenticate(byte[] more) throws GeneralSecurityException {
    return authenticate(more, theirSessionKey);
  }

  /** As {@link #authenticate(byte[])}, but it signs this side's own session key: no proof. */
  byte[] forgedAuthenticate() throws GeneralSecurityException {
    return authenticate(new byte[0], point(sessionSecret));
  }

  private byte[] authenticate(byte[] more, byte[] signed) throws GeneralSecurityException {
    ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
    signer.init(true, new ECPrivateKeyParameters(nodeSecret, CURVE));
    BigInteger[] rs = signer.generateSignature(sha256(sha256(signed)));
    BigInteger s = rs[1].min(CURVE.getN().subtract(rs[1]));
    ByteArrayOutputStream signature = new ByteArrayOutputStream();
    byte[] words = join(littleEndian(rs[0]), littleEndian(s));
    for (int i = 0; i < 8; i++) {
      signature.write(((i + 1) << 3) | 1);
      signature.write(words, i * 8, 8);
    }
    byte[] id = field(1, field(1, point(nodeSecret)));
    return field(50, join(id, field(2, signature.toByteArray()), more));
  }

  private byte[] readAuthenticate() throws IOException, GeneralSecurityException {
    byte[] payload = receive();
    if (payload[2] < 0) {
      // A length of two bytes, as that of an offer with a key. Everything else is where it was.
      payload = join(Arrays.copyOf(payload, 2), Arrays.copyOfRange(payload, 3, payload.length));
    }
    byte[] ours = point(sessionSecret);
    // 92 03 | length, then node_id { key } and session_sig { 8 x fixed64 }, as all encoders do.
    check(payload[0] == (byte) 0x92 && payload[1] == 3, "the first packet is authenticate");
    // An offer makes the length one of two bytes. What follows the signature is not looked at.
    int start = payload[2] < 0 ? 4 : 3;
    byte[] id = Arrays.copyOfRange(payload, start + 4, start + 37);
    byte[] r = new byte[32];
    byte[] s = new byte[32];
    for (int i = 0; i < 8; i++) {
      int at = start + 39 + i * 9;
      check(payload[at] == (((i + 1) << 3) | 1), "the signature's words are in order");
      System.arraycopy(payload, at + 1, i < 4 ? r : s, (i % 4) * 8, 8);
    }
    ECDSASigner verifier = new ECDSASigner();
    verifier.init(false, new ECPublicKeyParameters(CURVE.getCurve().decodePoint(id), CURVE));
    check(
        verifier.verifySignature(
            sha256(sha256(ours)), new BigInteger(1, reverse(r)), new BigInteger(1, reverse(s))),
        "the signature verifies");
    return id;
  }

  void send(byte[] payload) throws IOException, GeneralSecurityException {
    write(frame(payload));
  }

  void sendByteByByte(byte[] payload) throws IOException, GeneralSecurityException {
    inPiecesOf(1).send(payload);
  }

  /** The session key's first bytes only. */
  void sendHalfAKey() throws IOException {
    write(Arrays.copyOf(point(sessionSecret), 16));
  }

  void sendHalf(byte[] payload) throws IOException, GeneralSecurityException {
    byte[] frame = frame(payload);
    write(Arrays.copyOf(frame, frame.length / 2));
  }

  private byte[] frame(byte[] payload) {
    sent += payload.length;
    byte[] ciphertext = encrypt.update(Arrays.copyOf(payload, (payload.length + 15) & -16));
    byte[] authenticated = join(littleEndian(sent), ciphertext);
    return join(sendMac.doFinal(authenticated), authenticated);
  }

  byte[] receive() throws IOException {
    byte[] mac = in.readNBytes(32);
    check(mac.length == 32, "a packet comes, not the end of the stream");
    byte[] totlen = in.readNBytes(8);
    long total = new BigInteger(1, reverse(totlen)).longValueExact();
    check(total >= received && total - received <= 1 << 20, "totlen grows by a packet's length");
    int length = (int) (total - received);
    received = total;
    byte[] ciphertext = in.readNBytes((length + 15) & -16);
    check(Arrays.equals(mac, receiveMac.doFinal(join(totlen, ciphertext))), "the HMAC is right");
    return Arrays.copyOf(decrypt.update(ciphertext), length);
  }

  boolean isAtEnd() throws IOException {
    return in.read() < 0;
  }

  /** An {@code error} packet. */
  static byte[] error(String problem) {
    return field(40, field(1, problem.getBytes(UTF_8)));
  }

  static byte[] field(int number, byte[] content) {
    check(content.length < 16_384, "two bytes are enough for a length");
    return join(varint((number << 3) | 2), varint(content.length), content);
  }

  private static byte[] varint(int value) {
    return value < 128
        ? new byte[] {(byte) value}
        : new byte[] {(byte) ((value & 0x7f) | 0x80), (byte) (value >> 7)};
  }

  byte[] nodeId() {
    return point(nodeSecret);
  }

  /** Ends with a reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** Writes so many bytes more and then no other. */
  void breakAfter(long bytes) {
    limit = bytes;
  }

  private void write(byte[] bytes) throws IOException {
    int allowed = (int) Math.min(bytes.length, limit);
    limit -= allowed;
    for (int from = 0; from < allowed; from += Math.min(piece, allowed - from)) {
      out.write(bytes, from, Math.min(piece, allowed - from));
      out.flush();
    }
    if (allowed < bytes.length) {
      throw new BrokenOffException();
    }
  }

  /** This side has written what it was allowed to. */
  static final class BrokenOffException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private static BigInteger secret() {
    return new BigInteger(255, new SecureRandom()).add(BigInteger.ONE);
  }

  private static byte[] point(BigInteger secret) {
    return CURVE.getG().multiply(secret).normalize().getEncoded(true);
  }

  private static Cipher cipher(byte[] shared, byte[] sender) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
    cipher.init(
        Cipher.ENCRYPT_MODE,
        new SecretKeySpec(sha256(join(shared, sender, new byte[] {0})), 0, 16, "AES"),
        new IvParameterSpec(sha256(join(shared, sender, new byte[] {2})), 0, 16));
    return cipher;
  }

  private static Mac mac(byte[] shared, byte[] sender) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(sha256(join(shared, sender, new byte[] {1})), "HmacSHA256"));
    return mac;
  }

  private static byte[] sha256(byte[] bytes) throws GeneralSecurityException {
    return MessageDigest.getInstance("SHA-256").digest(bytes);
  }

  private static byte[] littleEndian(BigInteger number) {
    byte[] big = number.toByteArray();
    byte[] little = new byte[32];
    for (int i = 0; i < Math.min(big.length, 32); i++) {
      little[i] = big[big.length - 1 - i];
    }
    return little;
  }

  private static byte[] littleEndian(long number) {
    return Arrays.copyOf(littleEndian(BigInteger.valueOf(number)), 8);
  }

  private static byte[] reverse(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }

  private static void check(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError("not so: " + what);
    }
  }
}
