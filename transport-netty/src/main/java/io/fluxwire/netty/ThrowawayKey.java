package io.fluxwire.netty;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.identity.NodeKey;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The key of a node for which no key was set. It is generated at its first use, which may block and
 * is therefore never on an event loop, and it is stored nowhere else. Thread-safe.
 */
final class ThrowawayKey implements NodeIdentity {

  /** Null until it is needed. */
  private volatile @Nullable NodeKey made;

  private NodeKey key() {
    NodeKey key = made;
    return key == null ? make() : key;
  }

  private synchronized NodeKey make() {
    NodeKey key = made;
    if (key == null) {
      key = NodeKey.generate();
      made = key;
    }
    return key;
  }

  @Override
  public NodeId id() {
    return key().id();
  }

  @Override
  public Mono<byte[]> sign(byte[] hash) {
    return Mono.defer(() -> key().sign(hash));
  }

  @Override
  public Mono<byte[]> agree(byte[] publicKey) {
    return Mono.defer(() -> key().agree(publicKey));
  }

  /** Does not generate the key. */
  @Override
  public String toString() {
    NodeKey key = made;
    return key == null ? "a throw-away key, not made yet" : key.toString();
  }
}
