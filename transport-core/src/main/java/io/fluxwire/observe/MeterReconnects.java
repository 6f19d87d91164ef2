package io.fluxwire.observe;

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
  public void waits() {
    if (!waiting) {
      waiting = true;
      meters.gauge(FluxwireMeters.RECONNECT_WAITING).increment();
    }
  }

  @Override
  public void goesOn() {
    if (waiting) {
      waiting = false;
      meters.gauge(FluxwireMeters.RECONNECT_WAITING).decrement();
    }
  }

  @Override
  public void connected() {
    if (disconnected) {
      disconnected = false;
      meters.time(disconnectedAt, FluxwireMeters.RECONNECT_TIME);
    }
  }

  @Override
  public void disconnected() {
    disconnected = true;
    disconnectedAt = meters.now();
  }
}
