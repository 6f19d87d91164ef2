package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.channel.ChannelWrite;
import io.fluxwire.record.Incarnation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One channel's open database. Blocks. Its methods exclude each other: a read at the same time as a
 * write would wait for the disk just as long.
 */
final class ChannelFile {

  private static final long PAGE = 16 * 1024;

  /**
   * How many pages of the log are replayed after a crash at most, and the least space that is
   * returned to the file system.
   */
  private static final int LOG_PAGES = 1024;

  /** How many pages a write moves at most to return space: 8 MiB, so that no write takes long. */
  private static final int MOVED_PAGES = 512;

  private final ChannelPaths paths;
  private final ChannelLock lock;
  private final Sqlite database;
  private ChannelState state;
  private boolean closed;
  private boolean failed;

  private ChannelFile(ChannelPaths paths, ChannelLock lock, Sqlite database, ChannelState state) {
    this.paths = paths;
    this.lock = lock;
    this.database = database;
    this.state = state;
  }

  /** Opens the channel's file, and creates it if it does not exist. */
  static ChannelFile open(Path directory, ChannelKey key, SecureRandom random)
      throws ChannelStoreException {
    ChannelPaths paths = ChannelPaths.of(directory, key);
    Path file = paths.database();
    ChannelLock lock = null;
    Sqlite database = null;
    boolean opened = false;
    try {
      Directories.create(directory);
      lock = ChannelLock.acquire(paths.lock(), file);
      if (Files.notExists(file)) {
        make(paths, key, Incarnation.random(random));
      } else if (Files.size(file) == 0) {
        throw Failures.corrupt(file, "it is empty", null);
      } else if (WriteAheadLog.isDamaged(paths.wal())) {
        throw Failures.corrupt(paths.wal(), "it lost writes that had completed", null);
      }
      boolean complete = isEmpty(paths.wal());
      database = Sqlite.open(file);
      ChannelState state = load(database, file, key);
      if (complete && Files.size(file) < PAGE * database.number("PRAGMA page_count")) {
        throw Failures.corrupt(file, "its end is missing", null);
      }
      ChannelFile channel = new ChannelFile(paths, lock, database, state);
      opened = true;
      return channel;
    } catch (SQLException e) {
      throw Failures.of(file, e);
    } catch (IOException e) {
      throw Failures.of(file, e);
    } finally {
      if (!opened) {
        release(database, lock);
      }
    }
  }

  private static boolean isEmpty(Path file) throws IOException {
    return Files.notExists(file) || Files.size(file) == 0;
  }

  private static void make(ChannelPaths paths, ChannelKey key, Incarnation own)
      throws SQLException, IOException {
    Path file = paths.unfinished();
    for (String left : List.of("", "-wal", "-journal")) {
      Files.deleteIfExists(file.resolveSibling(file.getFileName() + left));
    }
    // Deletes the remains of a channel whose deletion was not finished.
    Files.deleteIfExists(paths.wal());
    try (Sqlite database = Sqlite.open(file)) {
      database.execute("PRAGMA page_size = " + PAGE);
      database.execute("PRAGMA auto_vacuum = INCREMENTAL");
      settings(database);
      ChannelTables.create(database, key, own);
    }
    Files.move(file, paths.database(), StandardCopyOption.ATOMIC_MOVE);
    Directories.sync(file.getParent());
  }

  private static ChannelState load(Sqlite database, Path file, ChannelKey key)
      throws SQLException, ChannelStoreException {
    database.execute("PRAGMA locking_mode = EXCLUSIVE");
    database.execute("PRAGMA trusted_schema = OFF");
    database.execute("PRAGMA cell_size_check = ON");
    ChannelTables.check(database, file);
    settings(database);
    return ChannelTables.load(database, file, key);
  }

  private static void settings(Sqlite database) throws SQLException {
    database.execute("PRAGMA locking_mode = EXCLUSIVE");
    database.execute("PRAGMA journal_mode = WAL");
    database.execute("PRAGMA synchronous = FULL");
    // macOS: its fsync leaves data in the disk's own cache.
    database.execute("PRAGMA fullfsync = ON");
    database.execute("PRAGMA checkpoint_fullfsync = ON");
    database.execute("PRAGMA wal_autocheckpoint = " + LOG_PAGES);
    database.execute("PRAGMA journal_size_limit = " + 4 * LOG_PAGES * PAGE);
  }

  synchronized ChannelState state() {
    return state;
  }

  /** Stores changes in one transaction; returns the number of bytes that are kept after it. */
  synchronized long write(ChannelWrite changes) throws ChannelStoreException {
    usable();
    long end = state.next() + changes.packets().size();
    if (changes.first() < state.first() || changes.first() > end) {
      throw new IllegalArgumentException(
          "packets below %d cannot be deleted: those from %d to %d are kept"
              .formatted(changes.first(), state.first(), end - 1));
    }
    boolean stored = false;
    try {
      database.execute("BEGIN IMMEDIATE");
      insert(changes.packets());
      long kept = state.bytes() + changes.bytes() - trim(changes.first());
      ChannelState after = changes.after(state, kept);
      ChannelTables.store(database, after);
      database.execute("COMMIT");
      stored = true;
      boolean trimmed = after.first() > state.first();
      state = after;
      if (trimmed) {
        giveSpaceBack();
      }
      return kept;
    } catch (SQLException e) {
      ChannelStoreException error = Failures.of(paths.database(), e);
      failed = error.kind() != Kind.FULL;
      throw error;
    } finally {
      if (!stored) {
        rollback();
      }
    }
  }

  private void insert(List<byte[]> packets) throws SQLException {
    if (packets.isEmpty()) {
      return;
    }
    try (PreparedStatement insert = database.prepare("INSERT INTO packet VALUES (?, ?, ?)")) {
      long number = state.next();
      for (byte[] packet : packets) {
        insert.setLong(1, number);
        insert.setLong(2, ChannelTables.sum(state.own(), number, packet));
        insert.setBytes(3, packet);
        insert.executeUpdate();
        number++;
      }
    }
  }

  /** Deletes packets; returns how many bytes they had. */
  private long trim(long first) throws SQLException, ChannelStoreException {
    if (first == state.first()) {
      return 0;
    }
    long bytes = database.number("SELECT sum(length(payload)) FROM packet WHERE number < " + first);
    try (PreparedStatement delete = database.prepare("DELETE FROM packet WHERE number < ?")) {
      delete.setLong(1, first);
      if (delete.executeUpdate() != first - state.first()) {
        failed = true;
        throw Failures.corrupt(paths.database(), "packets are missing", null);
      }
    }
    return bytes;
  }

  /**
   * Shortens a file of which more than half is unused, a part at a time. The write itself is stored
   * already, so a full disk here does not make the write fail.
   */
  private void giveSpaceBack() throws SQLException {
    long unused = database.number("PRAGMA freelist_count");
    if (unused < 4 * LOG_PAGES || 2 * unused < database.number("PRAGMA page_count")) {
      return;
    }
    try {
      database.execute("PRAGMA incremental_vacuum(" + MOVED_PAGES + ")");
    } catch (SQLException e) {
      if (Failures.of(paths.database(), e).kind() != Kind.FULL) {
        throw e;
      }
    }
  }

  private void rollback() {
    try {
      database.execute("ROLLBACK");
    } catch (SQLException e) {
      // After some errors SQLite has rolled back by itself, so there is no transaction to roll
      // back.
    }
  }

  /** Reads packets from a number on, up to a number of bytes. */
  synchronized List<byte[]> read(long from, int maxBytes) throws ChannelStoreException {
    usable();
    if (from < state.first() || from >= state.next()) {
      throw new IllegalArgumentException(
          "packet %d is not kept: those from %d to %d are"
              .formatted(from, state.first(), state.next() - 1));
    }
    try (PreparedStatement query =
        database.prepare(
            "SELECT number, crc, length(payload), payload FROM packet"
                + " WHERE number >= ? ORDER BY number")) {
      query.setLong(1, from);
      try (ResultSet rows = query.executeQuery()) {
        return packets(rows, from, maxBytes);
      }
    } catch (SQLException e) {
      failed = true;
      throw Failures.of(paths.database(), e);
    }
  }

  private List<byte[]> packets(ResultSet rows, long from, int maxBytes)
      throws SQLException, ChannelStoreException {
    List<byte[]> packets = new ArrayList<>();
    long bytes = 0;
    for (long number = from; number < state.next(); number++) {
      if (bytes >= maxBytes && !packets.isEmpty()) {
        break;
      }
      if (!rows.next() || rows.getLong(1) != number) {
        throw damaged(number);
      }
      bytes += rows.getLong(3);
      if (bytes > maxBytes && !packets.isEmpty()) {
        break;
      }
      byte[] payload = rows.getBytes(4);
      if (payload == null || rows.getLong(2) != ChannelTables.sum(state.own(), number, payload)) {
        throw damaged(number);
      }
      packets.add(payload);
    }
    return packets;
  }

  private ChannelStoreException damaged(long number) {
    failed = true;
    return Failures.corrupt(
        paths.database(), "packet %d is missing or its checksum is wrong".formatted(number), null);
  }

  private void usable() throws ChannelStoreException {
    if (closed) {
      throw Failures.failed(paths.database(), "the channel is closed; open it again", null);
    }
    if (failed) {
      // After a failed sync it is unknown what is on disk, and the next sync may succeed although
      // data is missing.
      throw Failures.failed(
          paths.database(), "an earlier access failed; open the channel again", null);
    }
  }

  /** Closes it; the second time does nothing. */
  synchronized void close() {
    if (!closed) {
      closed = true;
      release(database, lock);
    }
  }

  /**
   * Deletes and closes the channel. A channel that is closed already is not deleted, since another
   * opening may have it by now.
   */
  synchronized void delete() throws ChannelStoreException {
    if (closed) {
      throw Failures.failed(
          paths.database(), "the channel is closed; open it again to delete it", null);
    }
    closed = true;
    try {
      closeQuietly(database);
      Files.deleteIfExists(paths.database());
      Files.deleteIfExists(paths.wal());
      Directories.sync(paths.database().getParent());
    } catch (IOException e) {
      throw Failures.of(paths.database(), e);
    } finally {
      lock.close();
    }
  }

  private static void release(@Nullable Sqlite database, @Nullable ChannelLock lock) {
    if (database != null) {
      closeQuietly(database);
    }
    if (lock != null) {
      lock.close();
    }
  }

  private static void closeQuietly(Sqlite database) {
    try {
      database.close();
    } catch (SQLException e) {
      // What was reported as stored is in the log, even if it was not moved to the database.
    }
  }
}
