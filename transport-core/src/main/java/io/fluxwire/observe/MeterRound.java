package io.fluxwire.observe;

import io.fluxwire.NodeId;
import io.fluxwire.observe.dial.AddressFamily;
import io.fluxwire.observe.dial.Outcome;
import io.fluxwire.observe.dial.RoundObserver;
import java.net.SocketAddress;

/** One round of dialing in meters. */
final class MeterRound implements RoundObserver {

  private final Meters meters;

  MeterRound(Meters meters) {
    this.meters = meters;
  }

  @Override
  public void onAttemptEnded(SocketAddress address, Outcome outcome) {
    meters.count(FluxwireMeters.DIAL_ATTEMPTS, outcome, AddressFamily.of(address));
  }

  @Override
  public void onWon(SocketAddress address, NodeId peer) {
    meters.count(FluxwireMeters.DIAL_RACE_WON, AddressFamily.of(address));
  }
}
