package io.fluxwire.channel.disk;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.sqlite.SQLiteConfig;

/** One connection to one database. Not thread-safe. */
final class Sqlite implements AutoCloseable {

  private final Connection connection;

  private Sqlite(Connection connection) {
    this.connection = connection;
  }

  /** Opens a file, and creates it if it does not exist. Reads nothing yet. */
  static Sqlite open(Path file) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(0);
    // SQLite would cut a path at its first question mark; in a URI they are escaped.
    return new Sqlite(config.createConnection("jdbc:sqlite:" + file.toUri()));
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // Unlike execute(), this runs a pragma that works in steps to its end.
      statement.executeUpdate(sql);
    }
  }

  /** The first column of the first row. */
  long number(String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      if (!rows.next()) {
        throw new SQLException("no row from " + query);
      }
      return rows.getLong(1);
    }
  }

  PreparedStatement prepare(String sql) throws SQLException {
    return connection.prepareStatement(sql);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
