package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A channel's files. Their name is a hash of the key, since a channel's name may be longer than a
 * file's, hold what a file's may not, or differ from another in upper and lower case alone.
 *
 * @param database all that is stored
 * @param unfinished the database while it is made, renamed when it is whole: no crash leaves half
 *     of one behind
 * @param wal the log of writes that are not in the database yet; SQLite's
 * @param lock locked by who has the channel open; empty, and never deleted, since a lock of a
 *     deleted file is no lock for those who come later
 */
record ChannelPaths(Path database, Path unfinished, Path wal, Path lock) {

  static ChannelPaths of(Path directory, ChannelKey key) {
    MessageDigest hash = sha256();
    hash.update(key.dialer().toBytes());
    hash.update(key.acceptor().toBytes());
    hash.update(key.name().getBytes(StandardCharsets.UTF_8));
    String name = HexFormat.of().formatHex(hash.digest());
    return new ChannelPaths(
        directory.resolve(name + ".channel"),
        directory.resolve(name + ".new"),
        directory.resolve(name + ".channel-wal"),
        directory.resolve(name + ".lock"));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
