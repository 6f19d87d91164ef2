package io.fluxwire.handshake.v3;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import io.fluxwire.AuthenticationException;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.SignerException;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.Signatures;
import io.fluxwire.handshake.internal.OwnIdentity;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.KnownFields;
import io.fluxwire.proto.Authenticate;
import io.fluxwire.proto.BitcoinPubkey;
import io.fluxwire.proto.Pkt;
import io.fluxwire.proto.Signature;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The third stage (protocol.md section 4): the first packet in each direction says who its sender
 * is, and proves it by signing the receiver's session public key. Immutable.
 */
public final class Authenticator {

  private static final KnownFields PKT = KnownFields.of(Pkt.getDescriptor());

  private final OwnIdentity own;
  private final byte[] ourSessionKey;
  private final @Nullable NodeId expected;
  private final Secp256k1 curve;

  /**
   * An authenticator for one session.
   *
   * @param ourKey this node's key, or what signs with it
   * @param ourSessionKey this side's session public key, which the peer has to sign; 33 bytes
   * @param expected who the peer has to be; null for anyone who proves an id
   * @param curve the curve implementation
   */
  public Authenticator(
      NodeIdentity ourKey, byte[] ourSessionKey, @Nullable NodeId expected, Secp256k1 curve) {
    this.own = new OwnIdentity(ourKey);
    this.ourSessionKey = ourSessionKey.clone();
    this.expected = expected;
    this.curve = curve;
  }

  /**
   * This side's proof. A {@link NodeKey} takes about 0.06 ms of CPU on the thread that subscribes.
   *
   * @param theirSessionKey the peer's session public key, 33 bytes
   * @return emits the packet to send first; errors with {@link SignerException}
   */
  public Mono<Pkt> prove(byte[] theirSessionKey) {
    return prove(theirSessionKey, Schedulers.immediate());
  }

  /**
   * As {@link #prove(byte[])}, but what another signer than a {@link NodeKey} gives is checked off
   * the thread that it signals on. That takes about 0.1 ms of CPU.
   *
   * @param theirSessionKey the peer's session public key, 33 bytes
   * @param scheduler where to check, and then to emit
   * @return emits the packet to send first; errors with {@link SignerException} when the signer
   *     fails, gives nothing, or gives what does not verify under its own node id
   */
  public Mono<Pkt> prove(byte[] theirSessionKey, Scheduler scheduler) {
    return prove(theirSessionKey, null, scheduler);
  }

  /**
   * As {@link #prove(byte[], Scheduler)}, with an offer or a choice of an upgrade (protocol.md
   * section 9.1).
   *
   * @param theirSessionKey the peer's session public key, 33 bytes
   * @param upgrade the content of field 1001, as {@link UpgradeOffer#toBytes} and {@link
   *     UpgradeChoice#toBytes} give it; null to leave the field out
   * @param scheduler where to check, and then to emit
   * @return emits the packet to send first; errors as the other
   */
  public Mono<Pkt> prove(byte[] theirSessionKey, byte @Nullable [] upgrade, Scheduler scheduler) {
    byte[] hash = hash(theirSessionKey);
    Mono<byte[]> signature = own.sign(hash);
    if (!own.isLocal()) {
      signature = signature.publishOn(scheduler).map(signed -> checked(signed, hash));
    }
    return signature.map(signed -> packet(signed, upgrade));
  }

  private byte[] checked(byte[] signature, byte[] hash) {
    if (signature.length == 64 && Signatures.isInRange(signature)) {
      byte[] low = Signatures.withLowS(signature);
      if (curve.verify(low, hash, own.id().toBytes())) {
        return low;
      }
    }
    throw new SignerException(
        Reason.SIGNER_WRONG,
        "this node's signer gave no signature of node %s: want r || s, 64 bytes"
            .formatted(own.id()));
  }

  private Pkt packet(byte[] signed, byte @Nullable [] upgrade) {
    ByteBuffer rs = ByteBuffer.wrap(signed);
    Signature signature =
        Signature.newBuilder()
            .setR4(rs.getLong())
            .setR3(rs.getLong())
            .setR2(rs.getLong())
            .setR1(rs.getLong())
            .setS4(rs.getLong())
            .setS3(rs.getLong())
            .setS2(rs.getLong())
            .setS1(rs.getLong())
            .build();
    BitcoinPubkey id =
        BitcoinPubkey.newBuilder().setKey(ByteString.copyFrom(own.id().toBytes())).build();
    Authenticate.Builder authenticate =
        Authenticate.newBuilder().setNodeId(id).setSessionSig(signature);
    if (upgrade != null) {
      authenticate.setUpgrade(ByteString.copyFrom(upgrade));
    }
    return Pkt.newBuilder().setAuth(authenticate).build();
  }

  /**
   * The operator, for {@link Flux#as}: payloads in, the peer's proven id out. Takes about 0.1 ms of
   * CPU on the thread that signals.
   *
   * <p>Emits once and completes. Errors with {@link AuthenticationException} when the first packet
   * is another or its proof fails, {@link PacketException} when it is malformed or has an unknown
   * field with an even number, {@link ConnectionClosedException} when the peer ended the session,
   * with or without saying why, and the source's error. Requests one payload, and cancels then.
   *
   * @return the operator
   */
  public Function<Flux<ByteBuf>, Mono<NodeId>> verify() {
    return verify(Schedulers.immediate());
  }

  /**
   * As {@link #verify()}, off the thread that signals.
   *
   * @param scheduler where to verify, and to emit
   * @return the operator
   */
  public Function<Flux<ByteBuf>, Mono<NodeId>> verify(Scheduler scheduler) {
    return payloads ->
        authenticate(scheduler)
            .apply(payloads)
            .map(
                proof -> {
                  requireWanted(proof.peer());
                  return proof.peer();
                });
  }

  /**
   * As {@link #verify(Scheduler)}, but gives the whole proof, and leaves it to {@link
   * #requireWanted} whether its owner is wanted: for a session that may be upgraded, where it has
   * to be known first how to refuse it (protocol.md section 9.1).
   *
   * @param scheduler where to verify, and to emit
   * @return the operator
   */
  public Function<Flux<ByteBuf>, Mono<PeerProof>> authenticate(Scheduler scheduler) {
    return payloads -> first(payloads).publishOn(scheduler).map(this::proof);
  }

  /** The payload that has to be the proof. */
  static Mono<byte[]> first(Flux<ByteBuf> payloads) {
    return payloads
        .take(1)
        .map(ByteBufUtil::getBytes)
        .next()
        .switchIfEmpty(
            Mono.error(
                () ->
                    new ConnectionClosedException(
                        Reason.CLOSED_BY_PEER,
                        "the peer closed the connection before it authenticated")));
  }

  /** Verifies the proof in a payload. */
  PeerProof proof(byte[] payload) {
    Authenticate proof = parse(payload);
    byte[] key = proof.getNodeId().getKey().toByteArray();
    byte[] signature = bigEndian(proof.getSessionSig());
    NodeId peer;
    try {
      peer = NodeId.of(key);
    } catch (IllegalArgumentException e) {
      throw new AuthenticationException(
          Reason.NODE_ID_INVALID, "the peer's node id is not a compressed point of the curve");
    }
    if (!Signatures.isInRange(signature)) {
      throw new AuthenticationException(
          Reason.SIGNATURE_OUT_OF_RANGE, "the peer's signature has an r or s out of range");
    }
    if (!Signatures.isLowS(signature)) {
      throw new AuthenticationException(
          Reason.SIGNATURE_HIGH_S, "the peer's signature has a high s");
    }
    if (!curve.verify(signature, hash(ourSessionKey), key)) {
      throw new AuthenticationException(
          Reason.SIGNATURE_INVALID, "the peer's signature does not verify");
    }
    return new PeerProof(peer, payload);
  }

  /**
   * Checks that a proven peer is neither this node itself nor another than the expected one.
   *
   * @param peer who has proven its id
   * @throws AuthenticationException with {@link Reason#NODE_ID_OWN} or {@link
   *     Reason#NODE_ID_UNEXPECTED}
   */
  public void requireWanted(NodeId peer) {
    own.requireWanted(peer, expected);
  }

  private static Authenticate parse(byte[] payload) {
    try {
      PKT.check(CodedInputStream.newInstance(payload));
      Pkt first = Pkt.parseFrom(payload);
      if (first.hasError() && !Hello.is(first)) {
        throw ConnectionClosedException.byPeer(first.getError().getProblem());
      }
      if (!first.hasAuth()) {
        throw new AuthenticationException(
            Reason.AUTHENTICATE_MISSING, "the peer's first packet is not authenticate");
      }
      return first.getAuth();
    } catch (IOException e) {
      throw PacketException.malformed(e);
    }
  }

  private static byte[] bigEndian(Signature signature) {
    return ByteBuffer.allocate(64)
        .putLong(signature.getR4())
        .putLong(signature.getR3())
        .putLong(signature.getR2())
        .putLong(signature.getR1())
        .putLong(signature.getS4())
        .putLong(signature.getS3())
        .putLong(signature.getS2())
        .putLong(signature.getS1())
        .array();
  }

  private static byte[] hash(byte[] sessionKey) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return sha256.digest(sha256.digest(sessionKey));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
