package io.fluxwire.benchmarks.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.identity.NodeKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.stream.IntStream;

/** Keys that every process of a trial makes for itself: they protect nothing. */
final class TrialKeys {

  private TrialKeys() {}

  /** The key that all instances have, since they are one node. */
  static NodeKey node() {
    return key("node");
  }

  static NodeKey peer(int number) {
    return key("peer " + number);
  }

  static List<NodeId> peers(int count) {
    return IntStream.range(0, count).parallel().mapToObj(i -> peer(i).id()).toList();
  }

  private static NodeKey key(String name) {
    try {
      return NodeKey.of(
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
