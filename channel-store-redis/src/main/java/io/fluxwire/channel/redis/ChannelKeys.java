package io.fluxwire.channel.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelKey;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The two keys of a channel in Redis. Their names have a limited length and plain characters,
 * whatever the channel's name is. Only the part between the braces decides the slot of a cluster.
 *
 * @param state the key of a hash with the numbers, the incarnations and the lease
 * @param packets the key of a hash with the packets by their numbers
 * @param channel describes the channel, for people and for a check
 */
record ChannelKeys(String state, String packets, String channel) {

  private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9:._-]{1,128}");

  static String requirePrefix(String prefix) {
    if (!PREFIX.matcher(prefix).matches()) {
      throw new IllegalArgumentException(
          "a prefix has 1 to 128 letters, digits and any of \":._-\", not \"%s\""
              .formatted(prefix));
    }
    return prefix;
  }

  static ChannelKeys of(String prefix, NodeId node, ChannelKey key) {
    String base = "%s:{%s}:".formatted(prefix, digest(node, key));
    String channel =
        "of %s: %s to %s: %s".formatted(node, key.dialer(), key.acceptor(), key.name());
    return new ChannelKeys(base + "state", base + "packets", channel);
  }

  /** Node ids have a fixed length, so that no two channels lead to the same bytes. */
  private static String digest(NodeId node, ChannelKey key) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(node.toBytes());
      sha256.update(key.dialer().toBytes());
      sha256.update(key.acceptor().toBytes());
      return HexFormat.of().formatHex(sha256.digest(key.name().getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  byte[][] all() {
    return new byte[][] {state.getBytes(UTF_8), packets.getBytes(UTF_8)};
  }
}
