package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.internal.FailureText;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;

/** Translates errors of SQLite and the file system to those of a store. */
final class Failures {

  /** The lowest byte of SQLite's error codes is the kind of error, the rest are details. */
  private static final int KIND = 0xff;

  private Failures() {}

  static ChannelStoreException inUse(Path file, @Nullable Throwable cause) {
    return new ChannelStoreException(
        Kind.IN_USE,
        "the channel is open already, in this process or another that holds %s; close it there"
            .formatted(file),
        cause);
  }

  static ChannelStoreException corrupt(Path file, String what, @Nullable Throwable cause) {
    return new ChannelStoreException(
        Kind.CORRUPT,
        "%s is damaged: %s. Nothing was repaired. To begin anew without the packets that it kept, move it away on both sides, with the files of the same name beside it"
            .formatted(file, what),
        cause);
  }

  static ChannelStoreException foreign(Path file, String what, @Nullable Throwable cause) {
    return new ChannelStoreException(
        Kind.FOREIGN,
        "%s is not a file of this channel: %s. Move it away, or give the store a directory of its own"
            .formatted(file, what),
        cause);
  }

  static ChannelStoreException full(Path file, @Nullable Throwable cause) {
    return new ChannelStoreException(
        Kind.FULL, "no room for %s: nothing was stored. Make room".formatted(file), cause);
  }

  static ChannelStoreException failed(Path file, String what, @Nullable Throwable cause) {
    return new ChannelStoreException(Kind.FAILED, "%s: %s".formatted(file, what), cause);
  }

  static ChannelStoreException of(Path file, SQLException error) {
    int code = error.getErrorCode() & KIND;
    if (code == SQLiteErrorCode.SQLITE_BUSY.code || code == SQLiteErrorCode.SQLITE_LOCKED.code) {
      return inUse(file, error);
    }
    if (code == SQLiteErrorCode.SQLITE_CORRUPT.code) {
      return corrupt(file, "its pages contradict each other", error);
    }
    if (code == SQLiteErrorCode.SQLITE_NOTADB.code) {
      return foreign(file, "it is not a database, or its header is damaged", error);
    }
    if (code == SQLiteErrorCode.SQLITE_FULL.code) {
      return full(file, error);
    }
    // Its code in brackets, which says the same, and then words.
    String words = FailureText.of(error).replaceFirst("^\\[\\w+\\] *", "");
    return failed(file, "it cannot be read or written: " + words, error);
  }

  /** The JDK distinguishes a full disk from other failures only by the platform's message. */
  static ChannelStoreException of(Path file, IOException error) {
    if (error instanceof ChannelStoreException known) {
      return known;
    }
    String words =
        error instanceof FileSystemException full ? full.getReason() : error.getMessage();
    if (words != null && words.contains("No space left")) {
      return full(file, error);
    }
    return failed(file, "it cannot be read or written: " + FailureText.of(error), error);
  }
}
