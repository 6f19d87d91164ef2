package io.fluxwire.handshake.v3;

import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeys;
import io.fluxwire.crypto.SharedSecret;
import io.fluxwire.crypto.UpgradeSecrets;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.Padding;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.aead.AeadRecords;
import io.fluxwire.record.aead.ReadyRule;
import io.fluxwire.record.aead.Sealing;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.security.SecureRandom;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A peer that does by hand whatever a test wants, at one end of a connection in memory. */
final class HandPeer {

  private static final Secp256k1 CURVE = Secp256k1.preferred();
  private static final UnpooledByteBufAllocator BUFFERS = UnpooledByteBufAllocator.DEFAULT;

  final NodeKey key;
  private final VirtualTimeScheduler time;
  private final MemoryDuplex duplex;
  private final Role role;
  private final SessionKeyPair pair;
  private final ByteBuf arrived = Unpooled.buffer();
  private byte[] theirs = new byte[0];
  private @Nullable SharedSecret shared;
  private @Nullable RecordOpener opener;
  private @Nullable RecordSealer sealer;

  HandPeer(VirtualTimeScheduler time, MemoryDuplex duplex, Role role) {
    this(
        time, duplex, role, NodeKey.generate(), SessionKeyPair.generate(CURVE, new SecureRandom()));
  }

  HandPeer(
      VirtualTimeScheduler time, MemoryDuplex duplex, Role role, NodeKey key, SessionKeyPair pair) {
    this.time = time;
    this.duplex = duplex;
    this.role = role;
    this.key = key;
    this.pair = pair;
    duplex.receive().subscribe(arrived::writeBytes, ignored -> {});
  }

  /** Exchanges session keys, and derives version 3's. */
  HandPeer agree() {
    send(pair.publicKey());
    theirs = take(33);
    SharedSecret secret = SharedSecret.agree(CURVE, pair, theirs);
    shared = secret;
    SessionKeys keys = secret.sessionKeys();
    opener = Frames.SUITE.opener(keys.receiving(), BUFFERS);
    sealer = Frames.SUITE.sealer(keys.sending(), BUFFERS);
    return this;
  }

  /** The next payload; null if there is none. */
  byte @Nullable [] next() {
    time.advanceTime();
    ByteBuf payload = opener().next(arrived);
    if (payload == null) {
      return null;
    }
    byte[] bytes = ByteBufUtil.getBytes(payload);
    payload.release();
    return bytes;
  }

  /** A proof with some field 1001. */
  Pkt proof(byte @Nullable [] upgrade) {
    return new Authenticator(key, pair.publicKey(), null, CURVE)
        .prove(theirs, upgrade, reactor.core.scheduler.Schedulers.immediate())
        .block();
  }

  byte[] say(Pkt packet) {
    ByteBuf payload = PacketCodec.pkt().encode(packet, BUFFERS);
    byte[] bytes = ByteBufUtil.getBytes(payload);
    payload.release();
    say(bytes);
    return bytes;
  }

  void say(byte[] payload) {
    sealer().add(Unpooled.copiedBuffer(payload));
    flush();
  }

  /** Goes on with the records of an upgrade. */
  void upgrade(Aead cipher, byte[] said, byte[] heard, byte @Nullable [] kemSecret) {
    boolean dialer = role == Role.DIALER;
    UpgradeSecrets secrets =
        shared()
            .use(
                secret ->
                    UpgradeSecrets.derive(
                        dialer ? pair.publicKey() : theirs,
                        dialer ? theirs : pair.publicKey(),
                        dialer ? heard : said,
                        dialer ? said : heard,
                        secret,
                        kemSecret));
    Sealing sealing = new Sealing(Padding.none(), Duration.ofHours(1), () -> 0);
    opener =
        AeadRecords.opener(
            cipher,
            dialer ? secrets.acceptor() : secrets.dialer(),
            BUFFERS,
            dialer ? ReadyRule.EXPECTED : ReadyRule.REFUSED);
    sealer =
        AeadRecords.sealer(
            cipher, dialer ? secrets.dialer() : secrets.acceptor(), BUFFERS, sealing);
  }

  RecordSealer sealer() {
    if (sealer == null) {
      throw new AssertionError("no keys yet");
    }
    return sealer;
  }

  private RecordOpener opener() {
    if (opener == null) {
      throw new AssertionError("no keys yet");
    }
    return opener;
  }

  private SharedSecret shared() {
    if (shared == null) {
      throw new AssertionError("no keys yet");
    }
    return shared;
  }

  void flush() {
    ByteBuf records = sealer().flush();
    byte[] bytes = ByteBufUtil.getBytes(records);
    records.release();
    send(bytes);
  }

  void send(byte[] bytes) {
    duplex.write(Unpooled.copiedBuffer(bytes), ignored -> {});
    time.advanceTime();
  }

  void hangUp() {
    duplex.shutdownOutput();
    time.advanceTime();
  }

  void breakOff() {
    duplex.dispose();
    time.advanceTime();
  }

  /** What has come and was not opened. */
  int unopened() {
    time.advanceTime();
    return arrived.readableBytes();
  }

  byte[] take(int size) {
    time.advanceTime();
    byte[] bytes = new byte[size];
    arrived.readBytes(bytes);
    return bytes;
  }
}
