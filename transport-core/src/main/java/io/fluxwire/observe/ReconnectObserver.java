package io.fluxwire.observe;

/** Is told of the life of one connection publisher, one thing at a time, and counts it. */
public final class ReconnectObserver {

  private final Meters meters;
  private boolean waiting;
  private boolean down;
  private long downSince;

  ReconnectObserver(Meters meters) {
    this.meters = meters;
  }

  /** It waits before it dials again. */
  public void waits() {
    if (!waiting) {
      waiting = true;
      meters.gauge(FluxwireMeters.RECONNECT_WAITING).increment();
    }
  }

  /** It waits no more. */
  public void goesOn() {
    if (waiting) {
      waiting = false;
      meters.gauge(FluxwireMeters.RECONNECT_WAITING).decrement();
    }
  }

  /** It has a connection. */
  public void connected() {
    if (down) {
      down = false;
      meters.time(downSince, FluxwireMeters.RECONNECT_TIME);
    }
  }

  /** Its connection has ended. */
  public void disconnected() {
    down = true;
    downSince = meters.now();
  }
}
