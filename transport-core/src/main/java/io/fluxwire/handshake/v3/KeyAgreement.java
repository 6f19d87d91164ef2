package io.fluxwire.handshake.v3;

import io.fluxwire.HandshakeException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeys;
import io.fluxwire.crypto.SharedSecret;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * The second stage (protocol.md section 2): from two session public keys to both directions' keys.
 */
public final class KeyAgreement {

  private KeyAgreement() {}

  /**
   * The operator, for {@link Mono#transform}: the peer's session public key in, the session's keys
   * out. Takes about 0.1 ms of CPU on the thread that signals.
   *
   * <p>Errors with {@link HandshakeException} when the key is no point of the curve, and with
   * {@link IllegalStateException} when the key pair was used before. The pair's secret is wiped;
   * the keys are the receiver's to use up or destroy, and destroyed where they are discarded.
   *
   * @param ours this side's session key pair
   * @param curve the curve implementation
   * @return the operator
   */
  public static Function<Mono<byte[]>, Mono<SessionKeys>> agree(
      SessionKeyPair ours, Secp256k1 curve) {
    return theirs ->
        theirs
            .map(key -> onCurve(() -> SessionKeys.agree(curve, ours, key)))
            .doOnDiscard(SessionKeys.class, SessionKeys::destroy);
  }

  /**
   * As {@link #agree}, but gives what the keys come from, for a session that may be upgraded
   * (section 9.2).
   *
   * @param ours this side's session key pair
   * @param curve the curve implementation
   * @return the operator; the secret is the receiver's to use up or destroy, and destroyed where it
   *     is discarded
   */
  public static Function<Mono<byte[]>, Mono<SharedSecret>> share(
      SessionKeyPair ours, Secp256k1 curve) {
    return theirs ->
        theirs
            .map(key -> onCurve(() -> SharedSecret.agree(curve, ours, key)))
            .doOnDiscard(SharedSecret.class, SharedSecret::destroy);
  }

  private static <T> T onCurve(Supplier<T> agreement) {
    try {
      return agreement.get();
    } catch (IllegalArgumentException e) {
      throw new HandshakeException(
          Reason.SESSION_KEY_NOT_ON_CURVE, "the peer's session key is not a point of the curve");
    }
  }
}
