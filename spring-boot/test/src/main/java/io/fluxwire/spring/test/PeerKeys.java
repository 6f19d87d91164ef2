package io.fluxwire.spring.test;

import io.fluxwire.identity.NodeKey;
import java.util.Map;
import java.util.Set;

/** The keys of the peers that the clients of the properties expect, by the clients' names. */
final class PeerKeys {

  private final Map<String, NodeKey> keys;

  PeerKeys(Map<String, NodeKey> keys) {
    this.keys = Map.copyOf(keys);
  }

  NodeKey of(String client) {
    NodeKey key = keys.get(client);
    if (key == null) {
      throw new IllegalArgumentException(
          "no client of the properties has the name %s: %s"
              .formatted(client, Set.copyOf(keys.keySet())));
    }
    return key;
  }
}
