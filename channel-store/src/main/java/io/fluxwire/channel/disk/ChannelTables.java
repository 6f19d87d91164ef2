package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.record.Incarnation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The tables of a channel's database: one row with the channel's key and state, and one row for
 * each kept packet. Since SQLite itself has checksums only in its log, each row has a checksum.
 */
final class ChannelTables {

  /** "FWCH": it tells a channel's database from another program's. */
  static final int APPLICATION = 0x46574348;

  static final int VERSION = 2;

  private static final String CHANNEL =
      "CREATE TABLE channel (id INTEGER PRIMARY KEY, dialer BLOB NOT NULL, acceptor BLOB NOT NULL,"
          + " name BLOB NOT NULL, own BLOB NOT NULL, peer BLOB NOT NULL, attempt INTEGER NOT NULL,"
          + " first INTEGER NOT NULL, next INTEGER NOT NULL, bytes INTEGER NOT NULL,"
          + " received INTEGER NOT NULL, skipped INTEGER NOT NULL, crc INTEGER NOT NULL)";

  // The payload is the last column, since SQLite would read through it to get at columns behind it.
  private static final String PACKET =
      "CREATE TABLE packet (number INTEGER PRIMARY KEY, crc INTEGER NOT NULL,"
          + " payload BLOB NOT NULL)";

  private ChannelTables() {}

  /** Creates the tables of a new channel, in one transaction. */
  static void create(Sqlite database, ChannelKey key, Incarnation own) throws SQLException {
    database.execute("BEGIN IMMEDIATE");
    database.execute("PRAGMA application_id = " + APPLICATION);
    database.execute("PRAGMA user_version = " + VERSION);
    database.execute(CHANNEL);
    database.execute(PACKET);
    ChannelState fresh = ChannelState.fresh(own);
    try (PreparedStatement insert =
        database.prepare("INSERT INTO channel VALUES (1, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?)")) {
      insert.setBytes(1, key.dialer().toBytes());
      insert.setBytes(2, key.acceptor().toBytes());
      insert.setBytes(3, key.name().getBytes(StandardCharsets.UTF_8));
      insert.setBytes(4, own.toBytes());
      insert.setBytes(5, fresh.peer().toBytes());
      insert.setLong(6, sum(fresh));
      insert.executeUpdate();
    }
    database.execute("COMMIT");
  }

  /** Checks that this is a channel's database of this version. Changes nothing. */
  static void check(Sqlite database, Path file) throws SQLException, ChannelStoreException {
    if (database.number("PRAGMA application_id") != APPLICATION) {
      throw Failures.foreign(file, "the database of another program", null);
    }
    long version = database.number("PRAGMA user_version");
    if (version != VERSION) {
      throw Failures.foreign(
          file, "version %d of a channel, and %d is known".formatted(version, VERSION), null);
    }
    try (PreparedStatement query = database.prepare("SELECT sql FROM sqlite_schema ORDER BY sql");
        ResultSet rows = query.executeQuery()) {
      for (String table : List.of(CHANNEL, PACKET)) {
        if (!rows.next() || !table.equals(rows.getString(1))) {
          throw Failures.corrupt(file, "its tables are not a channel's", null);
        }
      }
      if (rows.next()) {
        throw Failures.corrupt(file, "it has tables that are not a channel's", null);
      }
    }
  }

  /**
   * Reads the state, and checks that it is this channel's and that the first and the last kept
   * packet exist.
   */
  static ChannelState load(Sqlite database, Path file, ChannelKey key)
      throws SQLException, ChannelStoreException {
    ChannelState state;
    try (PreparedStatement query = database.prepare("SELECT * FROM channel");
        ResultSet rows = query.executeQuery()) {
      if (!rows.next()) {
        throw Failures.corrupt(file, "its state is missing", null);
      }
      state = state(rows, file);
      if (!Arrays.equals(rows.getBytes(2), key.dialer().toBytes())
          || !Arrays.equals(rows.getBytes(3), key.acceptor().toBytes())
          || !Arrays.equals(rows.getBytes(4), key.name().getBytes(StandardCharsets.UTF_8))) {
        throw Failures.foreign(file, "the file of another channel", null);
      }
    }
    try (PreparedStatement query =
            database.prepare(
                "SELECT (SELECT min(number) FROM packet), (SELECT max(number) + 1 FROM packet)");
        ResultSet rows = query.executeQuery()) {
      long first = rows.next() && rows.getObject(1) != null ? rows.getLong(1) : state.next();
      long next = rows.getObject(2) != null ? rows.getLong(2) : state.next();
      if (first != state.first() || next != state.next()) {
        throw Failures.corrupt(file, "packets are missing", null);
      }
    }
    return state;
  }

  private static ChannelState state(ResultSet row, Path file)
      throws SQLException, ChannelStoreException {
    ChannelState state;
    try {
      state =
          new ChannelState(
              Incarnation.of(row.getBytes(5)),
              Incarnation.of(row.getBytes(6)),
              row.getLong(7),
              row.getLong(8),
              row.getLong(9),
              row.getLong(10),
              row.getLong(11),
              row.getLong(12));
    } catch (IllegalArgumentException | NullPointerException e) {
      throw Failures.corrupt(file, "its state is invalid", e);
    }
    if (row.getLong(13) != sum(state)) {
      throw Failures.corrupt(file, "the checksum of its state is wrong", null);
    }
    return state;
  }

  static void store(Sqlite database, ChannelState state) throws SQLException {
    try (PreparedStatement update =
        database.prepare(
            "UPDATE channel SET peer = ?, attempt = ?, first = ?, next = ?, bytes = ?,"
                + " received = ?, skipped = ?, crc = ?")) {
      update.setBytes(1, state.peer().toBytes());
      update.setLong(2, state.attempt());
      update.setLong(3, state.first());
      update.setLong(4, state.next());
      update.setLong(5, state.bytes());
      update.setLong(6, state.received());
      update.setLong(7, state.skipped());
      update.setLong(8, sum(state));
      update.executeUpdate();
    }
  }

  private static long sum(ChannelState state) {
    ByteBuffer all = ByteBuffer.allocate(2 * Incarnation.SIZE + 6 * Long.BYTES);
    all.put(state.own().toBytes()).put(state.peer().toBytes());
    all.putLong(state.attempt()).putLong(state.first()).putLong(state.next());
    all.putLong(state.bytes()).putLong(state.received()).putLong(state.skipped()).flip();
    CRC32C crc = new CRC32C();
    crc.update(all);
    return crc.getValue();
  }

  /** A packet's checksum; it differs for another number or another channel. */
  static long sum(Incarnation own, long number, byte[] payload) {
    CRC32C crc = new CRC32C();
    crc.update(own.toBytes());
    crc.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
    crc.update(payload);
    return crc.getValue();
  }
}
