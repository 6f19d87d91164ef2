package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A channel's files. Their name is a hash of the key, since a channel's name may be too long for a
 * file name, contain characters that file names cannot have, or differ from another name only in
 * upper and lower case.
 *
 * @param database the database with everything that is stored
 * @param unfinished the database while it is being created; renamed when it is complete, so that a
 *     crash does not leave half of it behind
 * @param wal SQLite's log of writes that are not in the database yet
 * @param lock locked while the channel is open; empty, and never deleted, since a lock on a deleted
 *     file does not exclude later openings
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
