package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.Isolated;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** The sends of this instance to peers of other instances, and what those sends share. */
final class Forwarder<P> {

  private final PacketCodec<P> codec;
  private final FleetSpec spec;
  private final Bus bus;
  private final Finder finder;
  private final FleetCounters counters;
  private final AtomicLong numbers = new AtomicLong();

  /** Each send by the number of its current stream. */
  private final Map<Long, ForwardedSend<P>> streams = new ConcurrentHashMap<>();

  Forwarder(PacketCodec<P> codec, FleetSpec spec, Bus bus, Finder finder, FleetCounters counters) {
    this.codec = codec;
    this.spec = spec;
    this.bus = bus;
    this.finder = finder;
    this.counters = counters;
  }

  Mono<Void> send(NodeId peer, Publisher<? extends P> packets, Duration wait) {
    boolean single = packets instanceof Mono;
    Mono<Void> send =
        Mono.create(
            sink ->
                new ForwardedSend<>(
                        this,
                        peer,
                        ForeignSource.<P>flux("a source of packets", () -> packets),
                        single,
                        wait,
                        sink)
                    .start());
    return Isolated.mono(send);
  }

  /** Returns a new stream's number, which is never used again by this instance. */
  long open(ForwardedSend<P> send) {
    long stream = numbers.incrementAndGet();
    streams.put(stream, send);
    return stream;
  }

  void close(long stream) {
    streams.remove(stream);
  }

  /** Passes on an instance's answer to the send that has the stream. */
  void answer(InstanceId from, Frame answer) {
    ForwardedSend<P> send = streams.get(answer.stream());
    if (send != null) {
      send.answered(from, answer);
    }
  }

  void members(Set<InstanceId> members) {
    streams.values().forEach(send -> send.members(members));
  }

  /** Some time has passed. */
  void tick() {
    streams.values().forEach(ForwardedSend::tick);
  }

  /** How many sends are under way. */
  int size() {
    return streams.size();
  }

  /** Encodes a packet, which the codec then owns. */
  ByteBuffer encode(P packet) {
    ByteBuf payload = codec.encode(packet, UnpooledByteBufAllocator.DEFAULT);
    try {
      return ByteBuffer.wrap(ByteBufUtil.getBytes(payload));
    } finally {
      payload.release();
    }
  }

  FleetSpec spec() {
    return spec;
  }

  Bus bus() {
    return bus;
  }

  Finder finder() {
    return finder;
  }

  FleetCounters counters() {
    return counters;
  }
}
