package io.fluxwire.observe;

import io.fluxwire.NodeId;
import java.net.SocketAddress;

/** One round of dialing in meters. */
final class MeterRound implements RoundObserver {

  private final Meters meters;

  MeterRound(Meters meters) {
    this.meters = meters;
  }

  @Override
  public Stopwatch resolving() {
    return new MeterStopwatch(meters, DialStage.RESOLVE, AddressFamily.OTHER);
  }

  @Override
  public void attempted(SocketAddress address, Outcome outcome) {
    meters.count(FluxwireMeters.DIAL_ATTEMPTS, outcome, AddressFamily.of(address));
  }

  @Override
  public void won(SocketAddress address, NodeId peer) {
    meters.count(FluxwireMeters.DIAL_RACE_WON, AddressFamily.of(address));
  }
}
