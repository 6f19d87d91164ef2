package io.fluxwire.benchmarks.wire;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.sqlite.SQLiteConfig;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * What a channel on disk has SQLite do, by SQLite alone: the store's tables and settings, synced
 * writes of 1 MiB that also delete what was taken, and the position of the side that takes, in a
 * database of its own. There is no network, no checksum, no sum of what is deleted, and a thread
 * for each side.
 */
final class SqliteWire implements OneWay {

  /** What a write of a channel holds at most. */
  private static final int WRITE = 1 << 20;

  /** What a channel keeps by default. */
  private static final long KEPT = 16L << 20;

  private final String name;
  private final Scratch scratch;

  SqliteWire(String name, Scratch scratch) {
    this.name = name;
    this.scratch = scratch;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Flux<Integer> flow(int size) {
    return Flux.create(sink -> new Run(scratch.folder(), size, sink).start());
  }

  /** Two sides for as long as somebody listens. */
  private static final class Run {

    private final Path folder;
    private final int size;
    private final FluxSink<Integer> sink;
    private final Thread sender = new Thread(() -> run(this::send), "sqlite-sender");
    private final Thread receiver = new Thread(() -> run(this::receive), "sqlite-receiver");

    // Guarded by this: the numbers of the next packets to store and to take.
    private long stored;
    private long taken;
    private boolean over;

    Run(Path folder, int size, FluxSink<Integer> sink) {
      this.folder = folder;
      this.size = size;
      this.sink = sink;
    }

    private interface Side {
      void run() throws SQLException, InterruptedException;
    }

    void start() {
      sender.start();
      receiver.start();
      sink.onDispose(this::stop);
    }

    private void run(Side side) {
      try {
        side.run();
      } catch (SQLException | InterruptedException e) {
        sink.error(e);
      }
    }

    private void stop() {
      synchronized (this) {
        over = true;
        notifyAll();
      }
      try {
        sender.join();
        receiver.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      Scratch.delete(folder);
    }

    private void send() throws SQLException, InterruptedException {
      byte[] payload = new byte[size];
      int count = Math.max(1, WRITE / size);
      long first = 0;
      long next = 0;
      try (Connection database = open("sender");
          Statement statement = database.createStatement();
          PreparedStatement insert =
              database.prepareStatement("INSERT INTO packet VALUES (?,?,?)");
          PreparedStatement delete =
              database.prepareStatement("DELETE FROM packet WHERE number < ?");
          PreparedStatement update =
              database.prepareStatement("UPDATE channel SET first = ?, next = ?, bytes = ?")) {
        for (long acknowledged = 0; acknowledged >= 0; acknowledged = room(next)) {
          statement.executeUpdate("BEGIN IMMEDIATE");
          for (int i = 0; i < count; i++) {
            insert.setLong(1, next++);
            insert.setLong(2, 0);
            insert.setBytes(3, payload);
            insert.executeUpdate();
          }
          if (acknowledged > first) {
            first = acknowledged;
            delete.setLong(1, first);
            delete.executeUpdate();
          }
          update.setLong(1, first);
          update.setLong(2, next);
          update.setLong(3, (next - first) * size);
          update.executeUpdate();
          statement.executeUpdate("COMMIT");
          stored(next);
        }
      }
    }

    private synchronized void stored(long next) {
      stored = next;
      notifyAll();
    }

    /** Waits for room; returns what was taken, or less than 0 when it is over. */
    private synchronized long room(long next) throws InterruptedException {
      while (!over && (next - taken) * size >= KEPT) {
        wait();
      }
      return over ? -1 : taken;
    }

    private void receive() throws SQLException, InterruptedException {
      try (Connection database = open("receiver");
          PreparedStatement update = database.prepareStatement("UPDATE channel SET received = ?")) {
        long before = 0;
        for (long now = news(before); now >= 0; now = news(before)) {
          update.setLong(1, now);
          update.executeUpdate();
          taken(now);
          sink.next(Math.toIntExact((now - before) * size));
          before = now;
        }
      }
    }

    private synchronized long news(long before) throws InterruptedException {
      while (!over && stored == before) {
        wait();
      }
      return over ? -1 : stored;
    }

    private synchronized void taken(long next) {
      taken = next;
      notifyAll();
    }

    /** As the store makes it. */
    private Connection open(String side) throws SQLException {
      SQLiteConfig config = new SQLiteConfig();
      config.setBusyTimeout(0);
      Connection database =
          config.createConnection("jdbc:sqlite:" + folder.resolve(side + ".channel").toUri());
      try (Statement statement = database.createStatement()) {
        for (String sql :
            List.of(
                "PRAGMA page_size = 16384",
                "PRAGMA auto_vacuum = INCREMENTAL",
                "PRAGMA locking_mode = EXCLUSIVE",
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA fullfsync = ON",
                "PRAGMA checkpoint_fullfsync = ON",
                "PRAGMA wal_autocheckpoint = 1024",
                "PRAGMA journal_size_limit = 67108864",
                "CREATE TABLE channel (id INTEGER PRIMARY KEY, dialer BLOB NOT NULL,"
                    + " acceptor BLOB NOT NULL, name BLOB NOT NULL, own BLOB NOT NULL,"
                    + " peer BLOB NOT NULL, attempt INTEGER NOT NULL, first INTEGER NOT NULL,"
                    + " next INTEGER NOT NULL, bytes INTEGER NOT NULL, received INTEGER NOT NULL,"
                    + " crc INTEGER NOT NULL)",
                "CREATE TABLE packet (number INTEGER PRIMARY KEY, crc INTEGER NOT NULL,"
                    + " payload BLOB NOT NULL)",
                "INSERT INTO channel VALUES (1, zeroblob(33), zeroblob(33), zeroblob(9),"
                    + " zeroblob(16), zeroblob(16), 0, 0, 0, 0, 0, 0)")) {
          statement.executeUpdate(sql);
        }
      }
      return database;
    }
  }
}
