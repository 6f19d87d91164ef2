package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.fluxwire.AuthenticationException;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PacketException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Authenticate;
import io.fluxwire.proto.BitcoinPubkey;
import io.fluxwire.proto.Error;
import io.fluxwire.proto.Pkt;
import io.fluxwire.proto.Signature;
import io.fluxwire.testing.LentBuffers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

class AuthenticatorTest {

  private static final BigInteger ORDER =
      new BigInteger("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16);

  private final NodeKey ours = NodeKey.generate();
  private final NodeKey theirs = NodeKey.generate();
  private final byte[] ourSession = NodeKey.generate().id().toBytes();
  private final byte[] theirSession = NodeKey.generate().id().toBytes();
  private final Authenticator authenticator = expecting(null);
  private final Pkt proof =
      new Authenticator(theirs, theirSession, null, Secp256k1.preferred())
          .prove(ourSession)
          .block();

  @Test
  void provenNodeIsNamed() {
    assertThat(verify(authenticator, proof.toByteArray())).isEqualTo(theirs.id());
  }

  @Test
  void expectedNodeIsAccepted() {
    assertThat(verify(expecting(theirs.id()), proof.toByteArray())).isEqualTo(theirs.id());
  }

  @Test
  void payloadsAfterTheFirstAreLeft() {
    byte[] second = Hello.packet().toByteArray();
    Flux<ByteBuf> payloads = LentBuffers.resuming(List.of(proof.toByteArray(), second, second));
    assertThat(payloads.as(authenticator.verify()).block()).isEqualTo(theirs.id());
    List<byte[]> rest = payloads.map(ByteBufUtil::getBytes).collectList().block();
    assertThat(rest).containsExactly(second, second);
  }

  @Test
  void nothingBeyondTheFirstPayloadIsRequested() {
    LentBuffers source = new LentBuffers();
    source.as(authenticator.verify()).subscribe();
    assertThat(source.requested()).isEqualTo(1);
    source.emit(proof.toByteArray());
    assertThat(source.requested()).isEqualTo(1);
    assertThat(source.isCancelled()).isTrue();
  }

  // Another first packet

  @Test
  void firstPacketOtherThanAuthenticateIsRefused() {
    assertThat(refused(Pkt.getDefaultInstance())).isEqualTo(Reason.AUTHENTICATE_MISSING);
  }

  @Test
  void emptyFirstPayloadIsRefused() {
    assertThat(refused(new byte[0])).isEqualTo(Reason.AUTHENTICATE_MISSING);
  }

  @Test
  void helloBeforeAuthenticateIsRefused() {
    assertThat(refused(Hello.packet())).isEqualTo(Reason.AUTHENTICATE_MISSING);
  }

  @Test
  void errorAsTheFirstPacketSurfacesItsProblem() {
    Pkt error = Pkt.newBuilder().setError(Error.newBuilder().setProblem("go away")).build();
    Throwable thrown = thrown(authenticator, error.toByteArray());
    assertThat(thrown)
        .isInstanceOfSatisfying(
            ConnectionClosedException.class,
            closed -> {
              assertThat(closed.reason()).isEqualTo(Reason.PEER_ERROR);
              assertThat(closed.problem()).isEqualTo("go away");
            });
  }

  @Test
  void endBeforeTheFirstPacketIsNamed() {
    Throwable thrown = thrown(authenticator);
    assertThat(thrown)
        .isInstanceOfSatisfying(
            ConnectionClosedException.class,
            closed -> assertThat(closed.reason()).isEqualTo(Reason.CLOSED_BY_PEER));
  }

  // The key

  @Test
  void keyThatIsNoPointIsRefused() {
    byte[] key = theirs.id().toBytes();
    Arrays.fill(key, 1, 33, (byte) 0xff);
    assertThat(refused(withKey(key))).isEqualTo(Reason.NODE_ID_INVALID);
  }

  @Test
  void keyWithAnotherPrefixIsRefused() {
    for (int prefix : new int[] {0, 1, 4, 5, 6, 7, 255}) {
      byte[] key = theirs.id().toBytes();
      key[0] = (byte) prefix;
      assertThat(refused(withKey(key))).as("prefix %d", prefix).isEqualTo(Reason.NODE_ID_INVALID);
    }
  }

  @Test
  void uncompressedKeyIsRefused() {
    byte[] generator =
        HexFormat.of()
            .parseHex(
                "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                    + "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
    assertThat(refused(withKey(generator))).isEqualTo(Reason.NODE_ID_INVALID);
  }

  @Test
  void keyOfAnotherLengthIsRefused() {
    for (int length : new int[] {0, 1, 32, 34, 66}) {
      byte[] key = Arrays.copyOf(theirs.id().toBytes(), length);
      assertThat(refused(withKey(key))).as("%d bytes", length).isEqualTo(Reason.NODE_ID_INVALID);
    }
  }

  // The signature

  @Test
  void zeroROrSIsOutOfRange() {
    assertThat(refused(withSignature(BigInteger.ZERO, s())))
        .isEqualTo(Reason.SIGNATURE_OUT_OF_RANGE);
    assertThat(refused(withSignature(r(), BigInteger.ZERO)))
        .isEqualTo(Reason.SIGNATURE_OUT_OF_RANGE);
  }

  @Test
  void groupOrderAsROrSIsOutOfRange() {
    assertThat(refused(withSignature(ORDER, s()))).isEqualTo(Reason.SIGNATURE_OUT_OF_RANGE);
    assertThat(refused(withSignature(r(), ORDER))).isEqualTo(Reason.SIGNATURE_OUT_OF_RANGE);
  }

  @Test
  void largestNumberAsROrSIsOutOfRange() {
    BigInteger largest = BigInteger.ONE.shiftLeft(256).subtract(BigInteger.ONE);
    assertThat(refused(withSignature(largest, s()))).isEqualTo(Reason.SIGNATURE_OUT_OF_RANGE);
    assertThat(refused(withSignature(r(), largest))).isEqualTo(Reason.SIGNATURE_OUT_OF_RANGE);
  }

  @Test
  void highSIsRefusedThoughItVerifies() {
    assertThat(refused(withSignature(r(), ORDER.subtract(s())))).isEqualTo(Reason.SIGNATURE_HIGH_S);
  }

  @Test
  void halfTheGroupOrderIsALowS() {
    assertThat(refused(withSignature(r(), ORDER.shiftRight(1))))
        .isEqualTo(Reason.SIGNATURE_INVALID);
    assertThat(refused(withSignature(r(), ORDER.shiftRight(1).add(BigInteger.ONE))))
        .isEqualTo(Reason.SIGNATURE_HIGH_S);
  }

  @Test
  void signatureOfTheSendersOwnSessionKeyIsRefused() {
    assertThat(refused(prove(theirs, theirSession))).isEqualTo(Reason.SIGNATURE_INVALID);
  }

  @Test
  void signatureByAnotherNodeIsRefused() {
    Pkt other = prove(NodeKey.generate(), ourSession);
    assertThat(refused(change(other, auth -> auth.setNodeId(proof.getAuth().getNodeId()))))
        .isEqualTo(Reason.SIGNATURE_INVALID);
  }

  // The node

  @Test
  void ownIdIsRefused() {
    assertThat(refused(prove(ours, ourSession))).isEqualTo(Reason.NODE_ID_OWN);
  }

  @Test
  void nodeOtherThanTheExpectedOneIsRefused() {
    Throwable thrown = thrown(expecting(NodeKey.generate().id()), proof.toByteArray());
    assertThat(((PeerException) thrown).reason()).isEqualTo(Reason.NODE_ID_UNEXPECTED);
    assertThat(thrown).hasMessageContaining(theirs.id().toString());
  }

  @Test
  void idThatIsNotProvenIsNotTakenForTheExpectedOne() {
    Pkt forged =
        change(
            prove(NodeKey.generate(), ourSession),
            auth -> auth.setNodeId(proof.getAuth().getNodeId()));
    Throwable thrown = thrown(expecting(theirs.id()), forged.toByteArray());
    assertThat(((PeerException) thrown).reason()).isEqualTo(Reason.SIGNATURE_INVALID);
  }

  // It's OK to be odd

  @Test
  void unknownEvenFieldIsRefusedByNameAtEveryDepth() {
    assertThat(evenAt(topLevel(60))).contains("60");
    assertThat(evenAt(insideAuthenticate(4))).contains("4").contains("auth");
    assertThat(evenAt(insideNodeId(1002))).contains("1002").contains("node_id");
    assertThat(evenAt(insideSignature(10))).contains("10").contains("session_sig");
  }

  @Test
  void unknownOddFieldIsIgnoredAtEveryDepth() {
    for (Pkt odd :
        List.of(topLevel(61), insideAuthenticate(1001), insideNodeId(3), insideSignature(9))) {
      assertThat(verify(authenticator, odd.toByteArray())).isEqualTo(theirs.id());
    }
  }

  @Test
  void knownFieldOfAnotherWireTypeIsUnknown() {
    Pkt varintError = proof.toBuilder().setUnknownFields(varint(Pkt.ERROR_FIELD_NUMBER)).build();
    assertThat(refused(varintError)).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
  }

  // What is no packet at all

  @Test
  void malformedPacketIsRefused() {
    assertThat(refused(new byte[] {0x0a, 0x7f})).isEqualTo(Reason.PACKET_MALFORMED);
    assertThat(refused(Arrays.copyOf(proof.toByteArray(), 50))).isEqualTo(Reason.PACKET_MALFORMED);
  }

  @Test
  void missingRequiredFieldsAreRefused() {
    assertThat(refused(change(proof, Authenticate.Builder::clearNodeId)))
        .isEqualTo(Reason.PACKET_MALFORMED);
    assertThat(refused(change(proof, Authenticate.Builder::clearSessionSig)))
        .isEqualTo(Reason.PACKET_MALFORMED);
    assertThat(refused(change(proof, auth -> auth.getNodeIdBuilder().clearKey())))
        .isEqualTo(Reason.PACKET_MALFORMED);
    assertThat(refused(change(proof, auth -> auth.getSessionSigBuilder().clearS4())))
        .isEqualTo(Reason.PACKET_MALFORMED);
  }

  @Test
  void faultsOfContentAndOfProofHaveTheirOwnTypes() {
    assertThat(thrown(authenticator, new byte[] {0x0a, 0x7f})).isInstanceOf(PacketException.class);
    assertThat(thrown(authenticator, topLevel(60).toByteArray()))
        .isInstanceOf(PacketException.class);
    assertThat(thrown(authenticator, new byte[0])).isInstanceOf(AuthenticationException.class);
  }

  private Authenticator expecting(NodeId expected) {
    return new Authenticator(ours, ourSession, expected, Secp256k1.preferred());
  }

  private static Pkt prove(NodeKey key, byte[] receiverSession) {
    return new Authenticator(key, new byte[33], null, Secp256k1.preferred())
        .prove(receiverSession)
        .block();
  }

  private static NodeId verify(Authenticator authenticator, byte[]... payloads) {
    return LentBuffers.of(List.of(payloads)).as(authenticator.verify()).block();
  }

  private static Throwable thrown(Authenticator authenticator, byte[]... payloads) {
    return catchThrowable(() -> verify(authenticator, payloads));
  }

  private Reason refused(Pkt first) {
    return refused(first.toByteArray());
  }

  private Reason refused(byte[] first) {
    Throwable thrown = thrown(authenticator, first);
    assertThat(thrown).isInstanceOf(PeerException.class);
    return ((PeerException) thrown).reason();
  }

  private String evenAt(Pkt first) {
    assertThat(refused(first)).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
    return thrown(authenticator, first.toByteArray()).getMessage();
  }

  private static Pkt change(Pkt packet, Consumer<Authenticate.Builder> change) {
    Pkt.Builder changed = packet.toBuilder();
    change.accept(changed.getAuthBuilder());
    return changed.buildPartial();
  }

  private Pkt topLevel(int number) {
    return proof.toBuilder().setUnknownFields(varint(number)).build();
  }

  private Pkt insideAuthenticate(int number) {
    return change(proof, auth -> auth.setUnknownFields(varint(number)));
  }

  private Pkt insideNodeId(int number) {
    return change(proof, auth -> auth.getNodeIdBuilder().setUnknownFields(varint(number)));
  }

  private Pkt insideSignature(int number) {
    return change(proof, auth -> auth.getSessionSigBuilder().setUnknownFields(varint(number)));
  }

  private static UnknownFieldSet varint(int number) {
    return UnknownFieldSet.newBuilder()
        .addField(number, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
        .build();
  }

  private Pkt withKey(byte[] key) {
    return change(
        proof, auth -> auth.setNodeId(BitcoinPubkey.newBuilder().setKey(ByteString.copyFrom(key))));
  }

  private BigInteger r() {
    Signature signature = proof.getAuth().getSessionSig();
    return number(signature.getR4(), signature.getR3(), signature.getR2(), signature.getR1());
  }

  private BigInteger s() {
    Signature signature = proof.getAuth().getSessionSig();
    return number(signature.getS4(), signature.getS3(), signature.getS2(), signature.getS1());
  }

  private static BigInteger number(long... words) {
    ByteBuffer bytes = ByteBuffer.allocate(32);
    for (long word : words) {
      bytes.putLong(word);
    }
    return new BigInteger(1, bytes.array());
  }

  private Pkt withSignature(BigInteger r, BigInteger s) {
    return change(
        proof,
        auth ->
            auth.setSessionSig(
                Signature.newBuilder()
                    .setR1(r.longValue())
                    .setR2(r.shiftRight(64).longValue())
                    .setR3(r.shiftRight(128).longValue())
                    .setR4(r.shiftRight(192).longValue())
                    .setS1(s.longValue())
                    .setS2(s.shiftRight(64).longValue())
                    .setS3(s.shiftRight(128).longValue())
                    .setS4(s.shiftRight(192).longValue())));
  }
}
