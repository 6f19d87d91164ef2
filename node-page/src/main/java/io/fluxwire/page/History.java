package io.fluxwire.page;

import com.fasterxml.jackson.annotation.JsonFormat;
import io.fluxwire.page.Snapshot.Percentiles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the node did in the last 15 minutes, second by second, whether or not somebody watched. Its
 * size is fixed. Thread-safe.
 */
final class History {

  /** How long it reaches back. */
  static final Duration REACH = Duration.ofMinutes(15);

  /** How far samples are apart. */
  static final Duration STEP = Duration.ofSeconds(1);

  static final int SAMPLES = (int) REACH.dividedBy(STEP);

  /**
   * What has been counted up to a moment.
   *
   * @param at the moment, in nanoseconds
   * @param traffic what all peers together have carried
   * @param pressure what waits
   * @param opened connections so far
   * @param ended connections that have ended
   * @param refused connections that did not get through the handshake
   * @param reconnects dials that succeeded after a connection was lost
   * @param peers how many are connected
   * @param handshakes the latest ones; null without any
   * @param roundTrips those since the last reading; null without any
   */
  record Reading(
      long at,
      Traffic.Counts traffic,
      Traffic.Pressure pressure,
      long opened,
      long ended,
      long refused,
      long reconnects,
      int peers,
      @Nullable Percentiles handshakes,
      @Nullable Percentiles roundTrips) {}

  /**
   * What happened in a second. Written as an array, since there are many: {@link #FIELDS} names its
   * elements.
   *
   * @param at its end, in milliseconds on the node's clock
   * @param bytesIn payload bytes received for each second
   * @param bytesOut payload bytes handed over to be sent, for each second
   * @param packetsIn packets received for each second
   * @param packetsOut packets handed over to be sent, for each second
   * @param peers how many were connected at its end
   * @param queued bytes that the sockets had not taken at its end
   * @param stalls times that sends had to wait for a socket
   * @param demandWaits times that nothing was read, since the application asked for no packet
   * @param opened connections that were authenticated
   * @param ended connections that ended
   * @param refused connections that did not get through the handshake
   * @param reconnects dials that succeeded after a connection was lost
   * @param roundTrips how many round trips were measured
   * @param roundTrip50 half of these took no longer, in milliseconds; null without any
   * @param roundTrip99 99 of 100 took no longer
   * @param handshake50 half of the latest 100 handshakes took no longer; null without any
   * @param handshake99 99 of 100 took no longer
   */
  @JsonFormat(shape = JsonFormat.Shape.ARRAY)
  record Sample(
      long at,
      long bytesIn,
      long bytesOut,
      long packetsIn,
      long packetsOut,
      int peers,
      long queued,
      long stalls,
      long demandWaits,
      long opened,
      long ended,
      long refused,
      long reconnects,
      long roundTrips,
      @Nullable Double roundTrip50,
      @Nullable Double roundTrip99,
      @Nullable Double handshake50,
      @Nullable Double handshake99) {

    static Sample between(Reading before, Reading now) {
      Traffic.Counts rate =
          now.traffic.perSecondSince(before.traffic, Math.max(1, now.at - before.at));
      Percentiles trips = now.roundTrips;
      Percentiles handshakes = now.handshakes;
      return new Sample(
          now.at / 1_000_000,
          rate.bytesIn(),
          rate.bytesOut(),
          rate.packetsIn(),
          rate.packetsOut(),
          now.peers,
          now.pressure.queued(),
          now.pressure.stalls() - before.pressure.stalls(),
          now.pressure.demandWaits() - before.pressure.demandWaits(),
          now.opened - before.opened,
          now.ended - before.ended,
          now.refused - before.refused,
          now.reconnects - before.reconnects,
          trips == null ? 0 : trips.count(),
          trips == null ? null : rounded(trips.p50()),
          trips == null ? null : rounded(trips.p99()),
          handshakes == null ? null : rounded(handshakes.p50()),
          handshakes == null ? null : rounded(handshakes.p99()));
    }

    /** To the microsecond: there are hundreds of these in an answer. */
    private static Double rounded(double millis) {
      return Math.round(millis * 1e3) / 1e3;
    }
  }

  /** The names of a sample's elements, in their order. */
  static final List<String> FIELDS =
      Arrays.stream(Sample.class.getRecordComponents()).map(field -> field.getName()).toList();

  /**
   * All that is remembered.
   *
   * @param fields the names of a sample's elements
   * @param samples the samples, the earliest first
   */
  record Recorded(List<String> fields, List<Sample> samples) {}

  private final Supplier<Reading> counts;
  private final @Nullable Sample[] ring = new Sample[SAMPLES];
  private int taken;
  private Reading last;

  /** Nothing has happened yet. */
  History(Supplier<Reading> counts) {
    this.counts = counts;
    this.last = counts.get();
  }

  /** Takes the sample of the second that ends now. */
  synchronized void sample() {
    Reading now = counts.get();
    ring[taken % SAMPLES] = Sample.between(last, now);
    taken++;
    last = now;
  }

  /** The latest samples, at most so many, the earliest first. */
  synchronized List<Sample> latest(int count) {
    List<Sample> samples = new ArrayList<>();
    for (int i = Math.max(0, taken - Math.min(count, SAMPLES)); i < taken; i++) {
      Sample sample = ring[i % SAMPLES];
      if (sample != null) {
        samples.add(sample);
      }
    }
    return samples;
  }

  Recorded all() {
    return new Recorded(FIELDS, latest(SAMPLES));
  }
}
