package io.fluxwire.docs;

import chat.proto.ChatPkt;
import io.fluxwire.channel.Delivery;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Balances, and how far the channel is that brings what is booked: one database has both. */
final class Ledger {

  private final Connection database;

  Ledger(Connection database) throws SQLException {
    this.database = database;
    try (Statement tables = database.createStatement()) {
      tables.execute("create table if not exists total (amount integer not null)");
      tables.execute("create table if not exists position (next integer not null)");
    }
    database.setAutoCommit(false);
  }

  /** The number of the next packet that is to be booked. */
  long position() throws SQLException {
    return number("select coalesce(max(next), 0) from position");
  }

  long total() throws SQLException {
    return number("select coalesce(sum(amount), 0) from total");
  }

  private long number(String query) throws SQLException {
    try (Statement statement = database.createStatement();
        ResultSet found = statement.executeQuery(query)) {
      return found.getLong(1);
    } finally {
      database.commit();
    }
  }

  /** Books a packet and its number together, or neither. */
  long book(Delivery<ChatPkt> delivery) throws SQLException {
    try {
      run("insert into total values (?)", Long.parseLong(delivery.packet().getSay().getText()));
      run("delete from position where next <= ?", delivery.number());
      run("insert into position values (?)", delivery.number() + 1);
      database.commit();
      return delivery.number();
    } catch (SQLException e) {
      database.rollback();
      throw e;
    }
  }

  private void run(String change, long value) throws SQLException {
    try (PreparedStatement statement = database.prepareStatement(change)) {
      statement.setLong(1, value);
      statement.execute();
    }
  }
}
