package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.InstanceId;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * Which of several instances something belongs to, by rendezvous hashing: each gives it a score,
 * and the greatest has it. So of two that know the same instances, both come to the same one; when
 * one goes, only what it had moves, and to all others alike; and when one comes, only what it gets.
 *
 * <p>The score is that of the instance's name, so that one that starts again has the same.
 */
final class Rendezvous {

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private Rendezvous() {}

  /** Whose it is; null when there is nobody. */
  static @Nullable InstanceId owner(long key, Collection<InstanceId> instances) {
    return instances.stream()
        .max(
            Comparator.comparingLong((InstanceId instance) -> score(key, instance))
                .thenComparing(Comparator.naturalOrder()))
        .orElse(null);
  }

  static long key(NodeId peer) {
    return hash(peer.toBytes());
  }

  private static long score(long key, InstanceId instance) {
    return mixed(key ^ mixed(hash(instance.name().getBytes(StandardCharsets.US_ASCII))));
  }

  /** FNV-1a. */
  private static long hash(byte[] bytes) {
    long hash = FNV_OFFSET;
    for (byte next : bytes) {
      hash = (hash ^ (next & 0xff)) * FNV_PRIME;
    }
    return hash;
  }

  /** The end of MurmurHash3, after which each bit depends on all. */
  private static long mixed(long hash) {
    long mixed = hash;
    mixed = (mixed ^ (mixed >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
