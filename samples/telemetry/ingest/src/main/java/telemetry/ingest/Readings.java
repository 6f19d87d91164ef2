package telemetry.ingest;

import io.fluxwire.NodeId;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Repository;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import telemetry.wire.Reading;

/** The tables of schema.sql. */
@Repository
class Readings {

  /** The last reading of a station, whose number is also how many came before it. */
  record Latest(String station, long number, Instant takenAt, double celsius) {

    static Latest of(Readable row) {
      return new Latest(
          row.get("id", String.class),
          row.get("number", Long.class),
          row.get("taken_at", Instant.class),
          row.get("celsius", Double.class));
    }
  }

  private final DatabaseClient database;

  Readings(DatabaseClient database) {
    this.database = database;
  }

  Mono<Void> register(NodeId station) {
    return database
        .sql("insert into station (id) values (:id) on conflict do nothing")
        .bind("id", station.toString())
        .then();
  }

  /**
   * Stores a reading once, however often it comes: after a crash it may come again, with the number
   * that it had. Errors when there is another reading of that number, as where channel stores of
   * both sides were deleted, and so numbers have begun anew: acknowledging it would lose it.
   */
  Mono<Void> store(NodeId station, long number, Reading reading) {
    return database
        .sql(
            """
            insert into reading (station, number, taken_at, celsius)
            values (:station, :number, :takenAt, :celsius)
            on conflict (station, number) do update set number = excluded.number
              where reading.taken_at = excluded.taken_at and reading.celsius = excluded.celsius
            """)
        .bind("station", station.toString())
        .bind("number", number)
        .bind("takenAt", Instant.ofEpochMilli(reading.getTakenAtMillis()))
        .bind("celsius", reading.getCelsius())
        .fetch()
        .rowsUpdated()
        .filter(rows -> rows == 1)
        .switchIfEmpty(
            Mono.error(
                () ->
                    new IllegalStateException(
                        "there is another reading %d of %s".formatted(number, station))))
        .then();
  }

  Flux<Latest> latest() {
    return database
        .sql(
            """
            select id, number, taken_at, celsius from station cross join lateral
              (select * from reading where station = id order by number desc limit 1) latest
            order by id
            """)
        .map(Latest::of)
        .all();
  }
}
