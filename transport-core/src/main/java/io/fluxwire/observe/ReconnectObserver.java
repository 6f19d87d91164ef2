package io.fluxwire.observe;

import java.util.concurrent.TimeUnit;

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
      meters
          .timer(FluxwireMeters.RECONNECT_TIME)
          .record(meters.now() - downSince, TimeUnit.NANOSECONDS);
    }
  }

  /** Its connection has ended. */
  public void disconnected() {
    down = true;
    downSince = meters.now();
  }
}
