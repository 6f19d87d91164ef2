package io.fluxwire.handshake.bolt8;

import io.fluxwire.NodeId;
import io.fluxwire.crypto.NoiseKeys;
import io.fluxwire.crypto.NoiseState;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.handshake.internal.OwnIdentity;
import reactor.core.publisher.Mono;

/**
 * What the side that was dialled computes in each act (Noise's responder). Takes some 0.1 ms of CPU
 * for each agreement on keys, on the thread that calls.
 */
final class Responder {

  private final Secp256k1 curve;
  private final OwnIdentity own;
  private final NoiseState noise;

  /**
   * The part in one handshake.
   *
   * @param noise the state at its start
   */
  Responder(Secp256k1 curve, OwnIdentity own, NoiseState noise) {
    this.curve = curve;
    this.own = own;
    this.noise = noise;
  }

  /**
   * Reads the first act: Noise's {@code e, es}.
   *
   * @return emits the peer's ephemeral key once the act's tag is verified, on the thread of this
   *     node's identity
   */
  Mono<byte[]> readActOne(byte[] actOne) {
    byte[] theirs = Act.ONE.requireKey(curve, Act.ONE.keyOf(actOne));
    noise.mixHash(theirs);
    return Noise.mixAgreement(noise, own, theirs)
        .map(
            mixed -> {
              if (mixed.decryptAndHash(Act.ONE.tagOf(actOne)) == null) {
                throw Act.ONE.wrongTag();
              }
              return theirs;
            });
  }

  /**
   * The second act: {@code e, ee}.
   *
   * @param theirs the peer's ephemeral key
   * @param ephemeral serves this handshake alone
   */
  byte[] actTwo(byte[] theirs, SessionKeyPair ephemeral) {
    byte[] key = ephemeral.publicKey();
    noise.mixHash(key);
    noise.mixAgreement(curve, ephemeral, theirs);
    return Act.TWO.of(key, noise.encryptAndHash(Noise.NOTHING));
  }

  /**
   * Reads the third act: {@code s, se}.
   *
   * @return who the peer is, proven
   */
  NodeId readActThree(byte[] actThree, SessionKeyPair ephemeral) {
    byte[] id = noise.decryptAndHash(Act.THREE.keyOf(actThree));
    if (id == null) {
      throw Act.THREE.wrongTag();
    }
    noise.mixAgreement(curve, ephemeral, Act.THREE.requireKey(curve, id));
    if (noise.decryptAndHash(Act.THREE.tagOf(actThree)) == null) {
      throw Act.THREE.wrongTag();
    }
    return NodeId.of(id);
  }

  /** The keys of both directions, once act three is read. */
  NoiseKeys keys() {
    return noise.split();
  }
}
