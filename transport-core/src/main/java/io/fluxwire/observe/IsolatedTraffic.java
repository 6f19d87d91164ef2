package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.observe.dial.Outcome;
import org.jspecify.annotations.Nullable;

/** An application's listener of one connection's traffic, until it throws for the first time. */
final class IsolatedTraffic implements TrafficListener {

  private final TrafficListener listener;
  private volatile boolean broken;

  IsolatedTraffic(TrafficListener listener) {
    this.listener = listener;
  }

  private void call(Runnable code) {
    if (!broken) {
      try {
        code.run();
      } catch (Throwable thrown) {
        // A report for each packet would fill the log.
        broken = true;
        Callbacks.report("a listener of traffic", thrown);
      }
    }
  }

  @Override
  public void onRead(int bytes) {
    call(() -> listener.onRead(bytes));
  }

  @Override
  public void onPacketReceived(int bytes) {
    call(() -> listener.onPacketReceived(bytes));
  }

  @Override
  public void onUnknownPacket() {
    call(listener::onUnknownPacket);
  }

  @Override
  public void onPacketSent(int bytes) {
    call(() -> listener.onPacketSent(bytes));
  }

  @Override
  public void onWrite(int bytes) {
    call(() -> listener.onWrite(bytes));
  }

  @Override
  public void onWriteDone(int bytes) {
    call(() -> listener.onWriteDone(bytes));
  }

  @Override
  public void onAwaitingDemand() {
    call(listener::onAwaitingDemand);
  }

  @Override
  public void onWriteStalled() {
    call(listener::onWriteStalled);
  }

  @Override
  public void onRoundTrip(long nanos) {
    call(() -> listener.onRoundTrip(nanos));
  }

  @Override
  public void onRequestEnded(long nanos, Outcome outcome, @Nullable Reason reason) {
    call(() -> listener.onRequestEnded(nanos, outcome, reason));
  }
}
