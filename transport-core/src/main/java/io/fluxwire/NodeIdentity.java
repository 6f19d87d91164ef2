package io.fluxwire;

import io.fluxwire.identity.NodeKey;
import reactor.core.publisher.Mono;

/**
 * Who a node is, and what proves it: the operations that need its long-lived secret key. A {@link
 * NodeKey} does them in this process; implement this to keep the key in an HSM, a KMS or another
 * process. Thread-safe: handshakes that run at once share it.
 */
public interface NodeIdentity {

  /**
   * Who the node is. A server asks when it starts to listen, on a thread that may block; handshakes
   * ask again.
   *
   * @return the node id whose key this is; always the same
   */
  NodeId id();

  /**
   * Signs a hash by ECDSA over secp256k1. A signer should be deterministic (RFC 6979), as the
   * protocol wants it. One that draws its nonces at random interoperates, but stands and falls with
   * its random source.
   *
   * <p>The handshake subscribes once, on a thread that may block for a short while but is shared
   * with other handshakes, never on an event loop. It waits within its own deadline and cancels
   * when that is over. What comes back is checked under {@link #id()} before it is sent.
   *
   * @param hash 32 bytes; not to be kept or changed
   * @return emits {@code r || s}, big-endian, 64 bytes, on any thread; a high s is made low. An
   *     error, or no signature, fails the handshake with {@link Reason#SIGNER_FAILED}
   */
  Mono<byte[]> sign(byte[] hash);

  /**
   * Agrees on a secret with the owner of another key: elliptic-curve Diffie-Hellman over secp256k1
   * with this node's key. Handshakes that sign do not need it, as that of version 3; Noise
   * handshakes, as BOLT 8's, do.
   *
   * <p>Subscribed to as {@link #sign} is.
   *
   * @param publicKey the other key, 33 bytes, compressed; not to be kept or changed
   * @return emits SHA-256 of the compressed shared point, 32 bytes, the receiver's to wipe, on any
   *     thread. Errors with {@link IllegalArgumentException} when the key is no point of the curve,
   *     and with {@link UnsupportedOperationException} where the key's keeper can only sign, as the
   *     default does
   */
  default Mono<byte[]> agree(byte[] publicKey) {
    return Mono.error(
        () -> new UnsupportedOperationException("this node's identity cannot agree on keys"));
  }
}
