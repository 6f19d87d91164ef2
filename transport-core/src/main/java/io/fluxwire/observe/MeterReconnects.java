package io.fluxwire.observe;

import io.fluxwire.observe.dial.ReconnectObserver;

/** The life of one connection publisher in meters. */
final class MeterReconnects implements ReconnectObserver {

  private final Meters meters;
  private boolean waiting;
  private boolean disconnected;
  private long disconnectedAt;

  MeterReconnects(Meters meters) {
    this.meters = meters;
  }

  @Override
  public void onWaiting() {
    if (!waiting) {
      waiting = true;
      meters.gauge(FluxwireMeters.RECONNECT_WAITING).increment();
    }
  }

  @Override
  public void onWaitEnded() {
    if (waiting) {
      waiting = false;
      meters.gauge(FluxwireMeters.RECONNECT_WAITING).decrement();
    }
  }

  @Override
  public void onConnected() {
    if (disconnected) {
      disconnected = false;
      meters.time(disconnectedAt, FluxwireMeters.RECONNECT_TIME);
    }
  }

  @Override
  public void onDisconnected() {
    disconnected = true;
    disconnectedAt = meters.now();
  }
}
