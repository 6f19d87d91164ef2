package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.channel.ChannelStoreException.Kind;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;

/** What SQLite and the file system say, in the words of a store. */
final class Failures {

  /** The lower byte of SQLite's codes is the kind, the rest are details. */
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
        "%s is damaged: %s. Nothing was repaired. To begin anew without what it kept, move it away on both sides, with the files beside it that have its name"
            .formatted(file, what),
        cause);
  }

  static ChannelStoreException foreign(Path file, String what, @Nullable Throwable cause) {
    return new ChannelStoreException(
        Kind.FOREIGN,
        "%s is not what is to be here: %s. Move it away, or give the store a directory of its own"
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
      return foreign(file, "no database, or the head of it is damaged", error);
    }
    if (code == SQLiteErrorCode.SQLITE_FULL.code) {
      return full(file, error);
    }
    return failed(file, "it cannot be read or written, see the cause", error);
  }

  /** The JDK tells a full disk from other failures by the platform's words alone. */
  static ChannelStoreException of(Path file, IOException error) {
    if (error instanceof ChannelStoreException known) {
      return known;
    }
    String words =
        error instanceof FileSystemException full ? full.getReason() : error.getMessage();
    if (words != null && words.contains("No space left")) {
      return full(file, error);
    }
    return failed(file, "it cannot be read or written, see the cause", error);
  }
}
