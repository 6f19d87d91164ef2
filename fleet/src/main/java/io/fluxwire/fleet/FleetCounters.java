package io.fluxwire.fleet;

import java.util.concurrent.atomic.LongAdder;

/** What an instance counts since it was made. */
final class FleetCounters {

  /** Packets that this instance gave to the engine for others. */
  final LongAdder forwarded = new LongAdder();

  /** Packets that came over the engine for peers of this instance. */
  final LongAdder received = new LongAdder();

  /** Times that a send from here found that the other instance did not have the peer any more. */
  final LongAdder misses = new LongAdder();

  /** Dials that this instance took over from another one. */
  final LongAdder moves = new LongAdder();

  /** Connections that were closed here, since the peer has a later one elsewhere. */
  final LongAdder duplicates = new LongAdder();

  /** Messages that were not valid frames, and rules whose target was not valid. */
  final LongAdder malformed = new LongAdder();

  FleetSnapshot.Counters snapshot() {
    return new FleetSnapshot.Counters(
        forwarded.sum(),
        received.sum(),
        misses.sum(),
        moves.sum(),
        duplicates.sum(),
        malformed.sum());
  }
}
