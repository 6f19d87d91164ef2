package io.fluxwire.handshake.bolt8;

import io.fluxwire.crypto.NoiseState;
import io.fluxwire.handshake.internal.OwnIdentity;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Mono;

/** Noise as BOLT 8 has it: Noise_XK over secp256k1. */
final class Noise {

  static final byte[] NOTHING = {};

  private static final String PROTOCOL = "Noise_XK_secp256k1_ChaChaPoly_SHA256";
  private static final byte[] PROLOGUE = "lightning".getBytes(StandardCharsets.US_ASCII);

  private Noise() {}

  /** The state at the start, which is the caller's to destroy. */
  static NoiseState start(byte[] responder) {
    return NoiseState.initialize(PROTOCOL, PROLOGUE, responder);
  }

  /**
   * Adds what this node's own key and one of the peer's agree on.
   *
   * @param theirs a point of the curve
   * @return emits the state, on the thread of this node's identity
   */
  static Mono<NoiseState> mixAgreement(NoiseState noise, OwnIdentity own, byte[] theirs) {
    return own.agree(theirs)
        .map(
            secret -> {
              noise.mixKey(secret);
              return noise;
            });
  }
}
