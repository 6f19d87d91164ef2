package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.fluxwire.observe.dial.Outcome;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Several listeners as one: each is told of everything, in their order. */
final class TrafficListeners implements TrafficListener {

  private final TrafficListener[] all;

  private TrafficListeners(List<TrafficListener> all) {
    this.all = all.toArray(TrafficListener[]::new);
  }

  /** As few as possible, since they are called for each packet. */
  static TrafficListener of(List<TrafficListener> all) {
    List<TrafficListener> told =
        all.stream().filter(listener -> listener != TrafficListener.NONE).toList();
    return switch (told.size()) {
      case 0 -> TrafficListener.NONE;
      case 1 -> told.get(0);
      default -> new TrafficListeners(told);
    };
  }

  @Override
  public void onRead(int bytes) {
    for (TrafficListener listener : all) {
      listener.onRead(bytes);
    }
  }

  @Override
  public void onPacketReceived(int bytes) {
    for (TrafficListener listener : all) {
      listener.onPacketReceived(bytes);
    }
  }

  @Override
  public void onUnknownPacket() {
    for (TrafficListener listener : all) {
      listener.onUnknownPacket();
    }
  }

  @Override
  public void onPacketSent(int bytes) {
    for (TrafficListener listener : all) {
      listener.onPacketSent(bytes);
    }
  }

  @Override
  public void onWrite(int bytes) {
    for (TrafficListener listener : all) {
      listener.onWrite(bytes);
    }
  }

  @Override
  public void onWriteDone(int bytes) {
    for (TrafficListener listener : all) {
      listener.onWriteDone(bytes);
    }
  }

  @Override
  public void onAwaitingDemand() {
    for (TrafficListener listener : all) {
      listener.onAwaitingDemand();
    }
  }

  @Override
  public void onWriteStalled() {
    for (TrafficListener listener : all) {
      listener.onWriteStalled();
    }
  }

  @Override
  public void onRoundTrip(long nanos) {
    for (TrafficListener listener : all) {
      listener.onRoundTrip(nanos);
    }
  }

  @Override
  public void onRequestEnded(long nanos, Outcome outcome, @Nullable Reason reason) {
    for (TrafficListener listener : all) {
      listener.onRequestEnded(nanos, outcome, reason);
    }
  }
}
