package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import io.fluxwire.proto.Signature;
import io.fluxwire.testing.GoldenSessions;
import io.fluxwire.testing.LentBuffers;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;

/** Any first payload: a proof that another curve implementation finds right too, or a refusal. */
class AuthenticateFuzzTest {

  private static final GoldenSessions.Session GOLDEN = GoldenSessions.all().get(0);
  private static final NodeKey OURS = NodeKey.of(GOLDEN.b().nodeSecret().bytes());
  private static final byte[] SIGNED = GOLDEN.a().signedHash().bytes();
  private static final BigInteger HALF_ORDER =
      new BigInteger("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
          .shiftRight(1);

  private final Authenticator authenticator =
      new Authenticator(OURS, GOLDEN.b().sessionPubkey().bytes(), null, Secp256k1.preferred());

  @FuzzTest
  void authenticate(byte[] payload) throws Exception {
    NodeId authenticated;
    try {
      authenticated = LentBuffers.of(List.of(payload)).as(authenticator.verify()).block();
    } catch (PeerException e) {
      return;
    }

    Pkt packet = Pkt.parseFrom(payload);
    byte[] id = packet.getAuth().getNodeId().getKey().toByteArray();
    assertThat(authenticated.toBytes()).isEqualTo(id).isNotEqualTo(OURS.id().toBytes());
    Signature rs = packet.getAuth().getSessionSig();
    byte[] signature =
        ByteBuffer.allocate(64)
            .putLong(rs.getR4())
            .putLong(rs.getR3())
            .putLong(rs.getR2())
            .putLong(rs.getR1())
            .putLong(rs.getS4())
            .putLong(rs.getS3())
            .putLong(rs.getS2())
            .putLong(rs.getS1())
            .array();
    assertThat(Secp256k1.bouncyCastle().verify(signature, SIGNED, id)).isTrue();
    assertThat(new BigInteger(1, signature, 32, 32)).isLessThanOrEqualTo(HALF_ORDER);
  }
}
