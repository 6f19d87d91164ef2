package io.fluxwire.handshake.internal;

import io.fluxwire.AuthenticationException;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.Reason;
import io.fluxwire.SignerException;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.FailureText;
import io.fluxwire.internal.ForeignSource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * This node's identity as handshakes use it: foreign code, of which each failure has its type.
 *
 * @param identity this node's key, or what computes with it
 */
public record OwnIdentity(NodeIdentity identity) {

  private static final String SIGNER = "this node's signer";
  private static final int SECRET_SIZE = 32;

  /**
   * Whether it computes in this process, and nothing that it gives need be checked.
   *
   * @return true for a {@link NodeKey}
   */
  public boolean isLocal() {
    return identity instanceof NodeKey;
  }

  /**
   * Who this node is.
   *
   * @return the id
   * @throws SignerException when the identity throws
   */
  public NodeId id() {
    try {
      return identity.id();
    } catch (Throwable thrown) {
      Callbacks.reportFatal(SIGNER, thrown);
      throw failed(thrown);
    }
  }

  /**
   * Signs a hash.
   *
   * @param hash 32 bytes, copied
   * @return emits whatever the identity gives, on any thread; errors with {@link SignerException}
   *     when it fails or gives nothing
   */
  public Mono<byte[]> sign(byte[] hash) {
    return ForeignSource.<byte[]>mono(SIGNER, () -> identity.sign(hash.clone()))
        .onErrorMap(OwnIdentity::failed)
        .switchIfEmpty(nothing("signature"));
  }

  /**
   * Agrees on a secret with the owner of another key.
   *
   * @param publicKey a point of the curve, 33 bytes, copied
   * @return emits 32 bytes, the receiver's to wipe, on any thread; errors with {@link
   *     SignerException} when the identity cannot agree on keys, fails, or gives anything else
   */
  public Mono<byte[]> agree(byte[] publicKey) {
    return ForeignSource.<byte[]>mono(SIGNER, () -> identity.agree(publicKey.clone()))
        .onErrorMap(OwnIdentity::agreementFailed)
        .switchIfEmpty(nothing("shared secret"))
        .map(OwnIdentity::checked);
  }

  private static Mono<byte[]> nothing(String wanted) {
    return Mono.error(
        () -> new SignerException(Reason.SIGNER_FAILED, SIGNER + " gave no " + wanted));
  }

  private static byte[] checked(byte[] secret) {
    if (secret.length == SECRET_SIZE) {
      return secret;
    }
    Arrays.fill(secret, (byte) 0);
    throw new SignerException(
        Reason.SIGNER_WRONG,
        "%s gave a shared secret of %d bytes: want SHA-256 of the compressed shared point, 32 bytes"
            .formatted(SIGNER, secret.length));
  }

  private static SignerException failed(Throwable failure) {
    return new SignerException(
        Reason.SIGNER_FAILED, SIGNER + " failed: " + FailureText.of(failure), failure);
  }

  private static SignerException agreementFailed(Throwable failure) {
    return failure instanceof UnsupportedOperationException
        ? new SignerException(
            Reason.AGREEMENT_UNSUPPORTED,
            "this node's identity can sign but not agree on keys, which BOLT 8 needs: implement"
                + " NodeIdentity.agree",
            failure)
        : failed(failure);
  }

  /**
   * Checks that a proven peer is neither this node itself nor another than the expected one.
   *
   * @param peer who has proven its id
   * @param expected who it has to be; null for anyone
   * @throws AuthenticationException with {@link Reason#NODE_ID_OWN} or {@link
   *     Reason#NODE_ID_UNEXPECTED}
   */
  public void requireWanted(NodeId peer, @Nullable NodeId expected) {
    if (peer.equals(id())) {
      throw new AuthenticationException(
          Reason.NODE_ID_OWN, "the peer has this node's own id: it dialled itself");
    }
    if (expected != null && !peer.equals(expected)) {
      throw new AuthenticationException(
          Reason.NODE_ID_UNEXPECTED, "expected node %s, found %s".formatted(expected, peer));
    }
  }

  /** Names who it is, if it says so, never a secret. */
  @Override
  public String toString() {
    return "OwnIdentity[" + identity + "]";
  }
}
