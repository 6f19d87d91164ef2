package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.HandshakeException;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.DirectionKeys;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeys;
import io.fluxwire.crypto.Signatures;
import io.fluxwire.crypto.StreamCipher;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.packet.RawPacketCodec;
import io.fluxwire.record.v3.Framing;
import io.fluxwire.testing.BufferRecorder;
import io.fluxwire.testing.MemoryLink.Direction;
import io.fluxwire.testing.Middle;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * What an attacker could do if the rules that protocol.md marks as stricter were not there: each is
 * left out here, and the attack that it stops works.
 */
class StricterRulesTest {

  private static final Secp256k1 CURVE = Secp256k1.preferred();
  private static final BigInteger ORDER =
      new BigInteger("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16);

  /** The two of them fill one block, so that one frame passes for both. */
  private static final List<byte[]> SHORT =
      List.of(Framing.payload(10, 1), Framing.payload(6, 2), Framing.payload(16, 3));

  @Test
  void withoutTheLeastPayloadADeletedPacketIsUnseenAndGarblesTheNext() {
    List<byte[]> received =
        sendWithout(2, SHORT, PacketCodec.raw().allowShortPayloads(), /* told= */ null);

    assertThat(received).as("nobody noticed").hasSize(2);
    assertThat(received.get(0)).hasSize(16).isNotEqualTo(SHORT.get(0));
    assertThat(Arrays.copyOf(received.get(0), 6)).isNotEqualTo(SHORT.get(1));
  }

  @Test
  void withItTheDeletionEndsTheSession() {
    List<byte[]> payloads =
        List.of(Framing.payload(16, 1), Framing.payload(16, 2), Framing.payload(64, 3));
    assertThat(sendWithout(2, payloads, PacketCodec.raw(), Reason.MAC_MISMATCH)).isEmpty();
  }

  @Test
  void withItNoPayloadThatCouldPassForTwoIsSent() {
    ByteBuf tooShort = Unpooled.copiedBuffer(SHORT.get(0));
    assertThatThrownBy(() -> PacketCodec.raw().encode(tooShort, UnpooledByteBufAllocator.DEFAULT))
        .isInstanceOfSatisfying(
            PacketException.class,
            refusal -> assertThat(refusal.reason()).isEqualTo(Reason.PAYLOAD_TOO_SHORT));
    assertThat(tooShort.refCnt()).isZero();
  }

  /** A session in which someone deletes one unit; what the acceptor received. */
  private static List<byte[]> sendWithout(
      int deleted, List<byte[]> payloads, RawPacketCodec codec, Reason told) {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    Middle middle =
        new Middle(
            time,
            UnpooledByteBufAllocator.DEFAULT,
            (towards, place, unit, through) -> {
              if (towards == Direction.BACK || place != deleted) {
                through.send(towards, unit);
              }
            });
    var pair = SessionPair.over(time, middle.ends(), codec, spec -> spec).establish();
    List<byte[]> received = new ArrayList<>();
    pair.acceptor
        .connected()
        .receive()
        .map(ByteBufUtil::getBytes)
        .subscribe(received::add, failure -> {});
    pair.dialer
        .connected()
        .send(Flux.fromIterable(payloads).map(Unpooled::copiedBuffer))
        .subscribe(null, failure -> {});
    pair.pass(Duration.ofSeconds(1));
    assertThat(pair.acceptor.closed.stream().map(reason -> reason.reason()))
        .isEqualTo(told == null ? List.of() : List.of(told));
    middle.close();
    pair.close();
    return received;
  }

  @Test
  void withoutThePaddingRuleADeletionIsUnseenThatItWouldShow() {
    // They do not fill their block: what is left over of it decrypts to other than zero.
    List<byte[]> frames = Framing.seal(List.of(Framing.payload(10, 1), Framing.payload(4, 2)));
    byte[] second = frames.get(1);

    BufferRecorder strict = Framing.open(List.of(second));
    assertThat(strict.error()).hasMessageContaining("padding");
    byte[] delivered = openLeniently(Framing.keys(), second);
    assertThat(delivered).hasSize(14);
    assertThat(Arrays.copyOf(delivered, 4)).isNotEqualTo(Framing.payload(4, 2));
  }

  /** The first frame of a stream, by all rules but that the padding is zero. */
  private static byte[] openLeniently(DirectionKeys keys, byte[] frame) {
    StreamCipher cipher = keys.start();
    int size = (int) ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).getLong(32);
    byte[] mac = new byte[32];
    cipher.beginMac(frame.length - 32);
    cipher.authenticate(frame, 32, frame.length - 32);
    cipher.mac(mac, 0);
    assertThat(mac).as("the HMAC").isEqualTo(Arrays.copyOf(frame, 32));
    byte[] plain = new byte[frame.length - 40];
    cipher.crypt(frame, 40, plain.length, plain, 0);
    return Arrays.copyOf(plain, size);
  }

  @Test
  void withoutTheReflectedKeyRuleBothDirectionsShareAKeyStream() {
    SessionKeyPair ours = SessionKeyPair.generate(CURVE, new SecureRandom());
    // As if the peer's key, which is our own sent back, had passed the check.
    SessionKeys keys = SessionKeys.agree(CURVE, ours, ours.publicKey());
    byte[] secret = Framing.payload(64, 1);
    byte[] sent = Framing.seal(keys.sending(), List.of(secret)).get(0);

    BufferRecorder echoed = Framing.open(keys.receiving(), List.of(sent));

    assertThat(echoed.error()).isNull();
    assertThat(echoed.received()).as("our own packet, as the peer's").containsExactly(secret);
  }

  @Test
  void withItAnEchoOfOurBytesIsRefused() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    Middle middle =
        new Middle(
            time,
            UnpooledByteBufAllocator.DEFAULT,
            (towards, place, unit, through) -> through.send(towards.opposite(), unit));
    var pair = SessionPair.over(time, middle.ends(), PacketCodec.raw(), spec -> spec).dial();
    pair.accept();
    pair.settle();
    assertThat(List.of(pair.dialer.failure, pair.acceptor.failure))
        .as("one of them notices, and the other one is hung up on")
        .anySatisfy(
            failure ->
                assertThat(failure)
                    .isInstanceOfSatisfying(
                        HandshakeException.class,
                        refusal ->
                            assertThat(refusal.reason()).isEqualTo(Reason.SESSION_KEY_REFLECTED)));
    middle.close();
    pair.close();
  }

  @Test
  void withoutTheReflectedKeyRuleOurOwnProofWouldVerify() throws Exception {
    NodeKey us = NodeKey.generate();
    byte[] sessionKey = SessionKeyPair.generate(CURVE, new SecureRandom()).publicKey();
    var sha256 = java.security.MessageDigest.getInstance("SHA-256");
    byte[] signed = sha256.digest(sha256.digest(sessionKey));

    // We sign the receiver's key, which is ours, and check what the peer signed, which is ours.
    assertThat(CURVE.verify(us.sign(signed).block(), signed, us.id().toBytes())).isTrue();
  }

  @Test
  void withoutTheLowSRuleASignatureHasASecondSpelling() {
    NodeKey us = NodeKey.generate();
    byte[] signed = Framing.payload(32, 1);
    byte[] signature = us.sign(signed).block();
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(signature, 32, 64));
    byte[] negated = ORDER.subtract(s).toByteArray();
    byte[] other = signature.clone();
    Arrays.fill(other, 32, 64, (byte) 0);
    int length = Math.min(32, negated.length);
    System.arraycopy(negated, negated.length - length, other, 64 - length, length);

    assertThat(Secp256k1.bouncyCastle().verify(other, signed, us.id().toBytes())).isTrue();
    assertThat(Signatures.isLowS(signature)).isTrue();
    assertThat(Signatures.isLowS(other)).as("which is why it is refused").isFalse();
  }
}
