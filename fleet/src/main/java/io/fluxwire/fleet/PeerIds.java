package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A cache of the node ids used last, by their bytes: checking that bytes are a point of the curve
 * takes longer than everything else that is done with a frame. Thread-safe.
 */
final class PeerIds {

  private final int capacity;

  /** Least recently used first. Guarded by this. */
  private final Map<ByteBuffer, NodeId> known = new LinkedHashMap<>(16, 0.75f, true);

  PeerIds(int capacity) {
    this.capacity = capacity;
  }

  /**
   * The id of these bytes.
   *
   * @throws IllegalArgumentException when they are not a node id
   */
  NodeId of(byte[] bytes) {
    ByteBuffer key = ByteBuffer.wrap(bytes);
    NodeId id = get(key);
    if (id == null) {
      id = NodeId.of(bytes);
      put(key, id);
    }
    return id;
  }

  private synchronized @Nullable NodeId get(ByteBuffer key) {
    return known.get(key);
  }

  private synchronized void put(ByteBuffer key, NodeId id) {
    known.put(key, id);
    if (known.size() > capacity) {
      known.remove(known.keySet().iterator().next());
    }
  }
}
