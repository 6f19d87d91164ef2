package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelStoreException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;

/**
 * The exclusive right to open a channel's database, held from before its log is read until after
 * the database is closed. It is SQLite's lock on an empty database, since the JDK's file locks are
 * lost as soon as any code of the process closes another handle of the same file. The lock ends
 * with the process.
 */
final class ChannelLock implements AutoCloseable {

  private final Sqlite held;

  private ChannelLock(Sqlite held) {
    this.held = held;
  }

  static ChannelLock acquire(Path file, Path database) throws ChannelStoreException {
    try {
      Sqlite lock = Sqlite.open(file);
      try {
        lock.execute("PRAGMA journal_mode = MEMORY");
        lock.execute("BEGIN EXCLUSIVE");
        return new ChannelLock(lock);
      } catch (SQLException e) {
        lock.close();
        throw e;
      }
    } catch (SQLException e) {
      if (e.getErrorCode() == SQLiteErrorCode.SQLITE_BUSY.code) {
        throw Failures.inUse(database, e);
      }
      throw Failures.of(file, e);
    }
  }

  @Override
  public void close() {
    try {
      held.close();
    } catch (SQLException e) {
      // Nothing was written, and the handle is closed in spite of the error.
    }
  }
}
