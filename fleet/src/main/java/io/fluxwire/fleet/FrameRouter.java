package io.fluxwire.fleet;

import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.SerialExecutor;

/** Decodes the messages of other instances, and gives each frame to the part that handles it. */
final class FrameRouter {

  private final PeerIds ids;
  private final SerialExecutor serial;
  private final Members members;
  private final InboundForwards<?> inbound;
  private final Forwarder<?> forwarder;
  private final FleetCounters counters;

  FrameRouter(
      FleetSpec spec,
      SerialExecutor serial,
      Members members,
      InboundForwards<?> inbound,
      Forwarder<?> forwarder,
      FleetCounters counters) {
    this.ids = new PeerIds(spec.cachedRows());
    this.serial = serial;
    this.members = members;
    this.inbound = inbound;
    this.forwarder = forwarder;
    this.counters = counters;
  }

  void received(InstanceId from, byte[] message) {
    Frame frame = FleetFrames.decode(message, ids);
    if (frame == null) {
      counters.malformed.increment();
    } else if (frame instanceof Frame.Draining) {
      serial.execute(() -> members.aboutToLeave(from));
    } else if (frame instanceof Frame.Open
        || frame instanceof Frame.Data
        || frame instanceof Frame.End
        || frame instanceof Frame.Cancel
        || frame instanceof Frame.Probe) {
      inbound.frame(from, frame);
    } else {
      forwarder.answer(from, frame);
    }
  }
}
