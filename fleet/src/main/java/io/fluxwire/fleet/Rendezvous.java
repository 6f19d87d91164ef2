package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.InstanceId;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * Decides which of several instances owns a key, by rendezvous hashing: each instance gets a score
 * for the key, and the one with the greatest score owns it. Instances that know the same members
 * thus agree on the owner. When an instance goes, only its keys move, spread evenly over the
 * others; when one comes, only the keys move that it gets.
 *
 * <p>The score depends on the instance's name and not on its run, so that an instance that starts
 * again owns the same keys.
 */
final class Rendezvous {

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private Rendezvous() {}

  /** The owner of a key; null when there are no instances. */
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

  /** The last step of MurmurHash3: each bit of the result depends on all bits of the hash. */
  private static long mixed(long hash) {
    long mixed = hash;
    mixed = (mixed ^ (mixed >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
