package io.fluxwire;

import io.fluxwire.identity.NodeKey;
import reactor.core.publisher.Mono;

/**
 * The identity of a node: its id, and the operations that need its long-lived secret key. {@link
 * NodeKey} holds the key in this process; implement this interface to keep the key in an HSM, a KMS
 * or another process. Implementations have to be thread-safe: handshakes that run at the same time
 * share one.
 */
public interface NodeIdentity {

  /**
   * The node's id. A server calls this when it starts to listen, on a thread that may block;
   * handshakes call it again.
   *
   * @return the node id that belongs to the secret key; always the same
   */
  NodeId id();

  /**
   * Signs a hash by ECDSA over secp256k1. A signer should be deterministic (RFC 6979), as the
   * protocol asks. A signer with random nonces interoperates, too, but is only as secure as its
   * random source.
   *
   * <p>The handshake subscribes once, on a thread that may block for a short while but is shared
   * with other handshakes, never on an event loop. It waits until its own deadline and then
   * cancels. The signature is verified under {@link #id()} before it is sent.
   *
   * @param hash 32 bytes; not to be kept or changed
   * @return emits {@code r || s}, big-endian, 64 bytes, on any thread; the handshake converts a
   *     high s to the low one. When this errors or completes empty, the handshake fails with {@link
   *     Reason#SIGNER_FAILED}
   */
  Mono<byte[]> sign(byte[] hash);

  /**
   * Agrees on a secret with the owner of another key: elliptic-curve Diffie-Hellman over secp256k1
   * with this node's key. Handshakes with signatures, such as that of version 3, do not need it;
   * Noise handshakes, such as that of BOLT 8, do.
   *
   * <p>Subscribed to as {@link #sign} is.
   *
   * @param publicKey the other key, 33 bytes, compressed; not to be kept or changed
   * @return emits SHA-256 of the compressed shared point, 32 bytes, on any thread; the receiver
   *     wipes them. Errors with {@link IllegalArgumentException} when the key is not a point of the
   *     curve, and with {@link UnsupportedOperationException} when the key can only be used to
   *     sign, as this method's default does
   */
  default Mono<byte[]> agree(byte[] publicKey) {
    return Mono.error(
        () -> new UnsupportedOperationException("this node's identity cannot agree on keys"));
  }
}
