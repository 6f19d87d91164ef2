package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The node ids that came last, by their bytes: whether bytes are a point of the curve takes longer
 * to find out than all else that is done with a frame. Thread-safe.
 */
final class PeerIds {

  private final int capacity;

  /** The one used longest ago first. Guarded by this. */
  private final Map<ByteBuffer, NodeId> known = new LinkedHashMap<>(16, 0.75f, true);

  PeerIds(int capacity) {
    this.capacity = capacity;
  }

  /**
   * The id of these bytes.
   *
   * @throws IllegalArgumentException when they are none
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
