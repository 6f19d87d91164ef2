package io.fluxwire.fleet;

import io.fluxwire.PeerConnection;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.packet.PacketCodec;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Mono;

/** The streams from other instances to peers of this one. */
final class InboundForwards<P> {

  private final PacketCodec<P> codec;
  private final FleetSpec spec;
  private final Bus bus;
  private final HeldPeers<P> peers;
  private final FleetCounters counters;
  private final Map<Key, InboundStream<P>> streams = new ConcurrentHashMap<>();
  private final Map<InstanceId, ReplayWindow> senders = new ConcurrentHashMap<>();

  /** The bytes of packets that have arrived and that no connection has taken yet. */
  private final AtomicLong pendingBytes = new AtomicLong();

  private volatile Set<InstanceId> members = Set.of();

  private record Key(InstanceId from, long stream) {}

  InboundForwards(
      PacketCodec<P> codec, FleetSpec spec, Bus bus, HeldPeers<P> peers, FleetCounters counters) {
    this.codec = codec;
    this.spec = spec;
    this.bus = bus;
    this.peers = peers;
    this.counters = counters;
  }

  /** Takes a frame; the frames of one sender come one after the other. */
  void frame(InstanceId from, Frame frame) {
    if (frame instanceof Frame.Open open) {
      open(from, open);
      return;
    }
    InboundStream<P> stream = streams.get(new Key(from, frame.stream()));
    if (stream != null) {
      stream.frame(frame);
    } else if (frame instanceof Frame.Probe) {
      // Not NotHere, after which it would be sent again: some of it may have been delivered.
      answer(from, new Frame.Failed(frame.stream(), Frame.Failure.LOST, 0, Long.MAX_VALUE));
    }
  }

  private void open(InstanceId from, Frame.Open open) {
    if (!senders.computeIfAbsent(from, first -> new ReplayWindow()).isFirst(open.stream())) {
      return;
    }
    PeerConnection<P> connection = peers.anyConnection(open.peer());
    if (connection == null || connection.isDisposed()) {
      peers.denied(open.peer(), open.epoch());
      answer(from, new Frame.NotHere(open.stream()));
      return;
    }
    Key key = new Key(from, open.stream());
    InboundStream<P> stream =
        new InboundStream<>(this, connection, from, open.stream(), () -> streams.remove(key));
    streams.put(key, stream);
    stream.open(open);
  }

  private void answer(InstanceId to, Frame answer) {
    Callbacks.run(
        "the engine of a fleet",
        () ->
            Mono.defer(() -> bus.send(to, FleetFrames.encode(answer)))
                .subscribe(null, failure -> {}));
  }

  void members(Set<InstanceId> now) {
    members = now;
    senders.keySet().forEach(this::forgetIfGone);
  }

  private void forgetIfGone(InstanceId sender) {
    if (members.contains(sender)) {
      return;
    }
    streams.forEach(
        (key, stream) -> {
          if (key.from.equals(sender)) {
            stream.senderLost();
          }
        });
  }

  /** Some time has passed. */
  void tick() {
    streams.values().forEach(InboundStream::tick);
    senders.keySet().removeIf(sender -> !members.contains(sender));
  }

  /** Reserves room for bytes that wait; false when there is not enough. */
  boolean reserve(int bytes) {
    if (pendingBytes.addAndGet(bytes) > spec.pendingBytes()) {
      pendingBytes.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  void free(long bytes) {
    pendingBytes.addAndGet(-bytes);
  }

  long pendingBytes() {
    return pendingBytes.get();
  }

  int size() {
    return streams.size();
  }

  PacketCodec<P> codec() {
    return codec;
  }

  FleetSpec spec() {
    return spec;
  }

  Bus bus() {
    return bus;
  }

  FleetCounters counters() {
    return counters;
  }
}
