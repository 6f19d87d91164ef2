package io.fluxwire.handshake.bolt8;

import io.fluxwire.NodeId;
import io.fluxwire.crypto.NoiseKeys;
import io.fluxwire.crypto.NoiseState;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.handshake.internal.OwnIdentity;
import reactor.core.publisher.Mono;

/**
 * What the side that dialled computes in each act (Noise's initiator). Takes some 0.1 ms of CPU for
 * each agreement on keys, on the thread that calls.
 */
final class Initiator {

  private final Secp256k1 curve;
  private final OwnIdentity own;
  private final byte[] remote;
  private final SessionKeyPair ephemeral;
  private final NoiseState noise;

  /**
   * The part in one handshake.
   *
   * @param remote who is dialled
   * @param ephemeral serves this handshake alone
   * @param noise the state at its start
   */
  Initiator(
      Secp256k1 curve, OwnIdentity own, NodeId remote, SessionKeyPair ephemeral, NoiseState noise) {
    this.curve = curve;
    this.own = own;
    this.remote = remote.toBytes();
    this.ephemeral = ephemeral;
    this.noise = noise;
  }

  /** Noise's {@code e, es}. */
  byte[] actOne() {
    byte[] key = ephemeral.publicKey();
    noise.mixHash(key);
    noise.mixAgreement(curve, ephemeral, remote);
    return Act.ONE.of(key, noise.encryptAndHash(Noise.NOTHING));
  }

  /**
   * Reads the second act, {@code e, ee}, and makes the third, {@code s, se}.
   *
   * @return emits act three, on the thread of this node's identity
   */
  Mono<byte[]> actThree(byte[] actTwo) {
    byte[] theirs = Act.TWO.requireKey(curve, Act.TWO.keyOf(actTwo));
    noise.mixHash(theirs);
    noise.mixAgreement(curve, ephemeral, theirs);
    if (noise.decryptAndHash(Act.TWO.tagOf(actTwo)) == null) {
      throw Act.TWO.wrongTag();
    }
    byte[] sealedId = noise.encryptAndHash(own.id().toBytes());
    return Noise.mixAgreement(noise, own, theirs)
        .map(mixed -> Act.THREE.of(sealedId, mixed.encryptAndHash(Noise.NOTHING)));
  }

  /** The keys of both directions, once act three is made. */
  NoiseKeys keys() {
    return noise.split();
  }
}
