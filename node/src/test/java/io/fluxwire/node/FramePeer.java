package io.fluxwire.node;

import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeys;
import io.fluxwire.crypto.StreamCipher;
import io.fluxwire.handshake.v3.Authenticator;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Objects;

/** A blocking peer that also sends what ours never does: frames without a payload. */
final class FramePeer implements Closeable {

  private final Socket socket;
  private final DataInputStream in;
  private final StreamCipher sealing;
  private final StreamCipher opening;
  private long sent;
  private long received;

  private FramePeer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(60_000);
    in = new DataInputStream(socket.getInputStream());
    Secp256k1 curve = Secp256k1.preferred();
    SessionKeyPair ours = SessionKeyPair.generate(curve, new SecureRandom());
    socket.getOutputStream().write(ours.publicKey());
    byte[] theirs = new byte[SessionKeyPair.PUBLIC_KEY_SIZE];
    in.readFully(theirs);
    SessionKeys keys = SessionKeys.agree(curve, ours, theirs);
    sealing = keys.sending().start();
    opening = keys.receiving().start();
    Authenticator authenticator =
        new Authenticator(NodeKey.generate(), ours.publicKey(), null, curve);
    send(Objects.requireNonNull(authenticator.prove(theirs).block()).toByteArray());
  }

  /** Dials and authenticates. */
  static FramePeer dial(InetSocketAddress address) throws IOException {
    FramePeer peer = new FramePeer(new Socket(address.getHostString(), address.getPort()));
    if (!Pkt.parseFrom(peer.receive()).hasAuth()) {
      throw new IOException("the first packet is authenticate");
    }
    return peer;
  }

  /** Accepts, and authenticates as somebody whom the dialler did not ask for. */
  static FramePeer impostorAt(ServerSocket listener) {
    try {
      return new FramePeer(listener.accept());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int available() throws IOException {
    return in.available();
  }

  void send(byte[] payload) throws IOException {
    sent += payload.length;
    byte[] plain = Arrays.copyOf(payload, (payload.length + 15) & -16);
    byte[] covered = new byte[8 + plain.length];
    ByteBuffer.wrap(covered).order(ByteOrder.LITTLE_ENDIAN).putLong(sent);
    sealing.crypt(plain, 0, plain.length, covered, 8);
    sealing.beginMac(covered.length);
    sealing.authenticate(covered, 0, covered.length);
    byte[] frame = new byte[StreamCipher.MAC_SIZE + covered.length];
    sealing.mac(frame, 0);
    System.arraycopy(covered, 0, frame, StreamCipher.MAC_SIZE, covered.length);
    socket.getOutputStream().write(frame);
  }

  byte[] receive() throws IOException {
    in.skipNBytes(StreamCipher.MAC_SIZE);
    long total = Long.reverseBytes(in.readLong());
    int length = Math.toIntExact(total - received);
    received = total;
    byte[] sealed = new byte[(length + 15) & -16];
    in.readFully(sealed);
    byte[] plain = new byte[sealed.length];
    opening.crypt(sealed, 0, sealed.length, plain, 0);
    return Arrays.copyOf(plain, length);
  }

  /** Sends no more, and passes once the other side does not either. */
  void end() throws IOException {
    socket.shutdownOutput();
    if (in.readAllBytes().length > 0) {
      throw new IOException("the other side had more to say");
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
