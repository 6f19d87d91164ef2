package io.fluxwire;

import io.fluxwire.identity.NodeKey;
import reactor.core.publisher.Mono;

/**
 * Signs as a node. A {@link NodeKey} does so in this process; implement this to keep the key in an
 * HSM, a KMS or another process. Thread-safe: handshakes that run at once share it.
 */
public interface NodeSigner {

  /**
   * Who signs.
   *
   * @return the node id whose key signs; always the same
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
}
