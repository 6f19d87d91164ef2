package io.fluxwire.session;

import io.fluxwire.PacketException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.Undelivered;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.memory.Reservation;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.ControlSealer;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** The sending half of a session: owns what waits to be sealed, and what is not written yet. */
final class Outbound {

  private final ByteDuplex duplex;
  private final Duration writeTimeout;
  private final @Nullable Reservation reservation;
  private final TrafficListener traffic;
  private final RecordWriter.Events events;

  /** Both halves of a direction that has begun. */
  private record Direction(
      SendQueue queue, RecordWriter writer, int minPayload, int maxPayload, boolean hasControls) {

    /**
     * A codec's mistake fails the send that it belongs to; in the sealer it would end the session.
     */
    ByteBuf sized(ByteBuf payload) {
      int size = payload.readableBytes();
      if (size < minPayload || size > maxPayload) {
        payload.release();
        throw new PacketException(
            size < minPayload ? Reason.PAYLOAD_TOO_SHORT : Reason.PACKET_UNSENDABLE,
            "a payload here has %d to %,d bytes, this one has %,d"
                .formatted(minPayload, maxPayload, size));
      }
      return payload;
    }
  }

  private volatile @Nullable Direction direction;

  Outbound(
      ByteDuplex duplex,
      Duration writeTimeout,
      @Nullable Reservation reservation,
      TrafficListener traffic,
      RecordWriter.Events events) {
    this.duplex = duplex;
    this.writeTimeout = writeTimeout;
    this.reservation = reservation;
    this.traffic = traffic;
    this.events = events;
  }

  /** Begins; destroys the sealer in the end. */
  void start(RecordSealer sealer) {
    SendQueue queue = new SendQueue(duplex.scheduler());
    RecordWriter writer =
        new RecordWriter(duplex, sealer, writeTimeout, reservation, queue::fault, events);
    direction =
        new Direction(
            queue, writer, sealer.minPayload(), sealer.maxPayload(), sealer.control() != null);
    queue.subscribe(writer);
  }

  /** Sends packets; completes when all are written. */
  <T> Mono<Void> send(Publisher<? extends T> packets, PacketCodec<T> codec) {
    Direction begun = direction;
    if (begun == null) {
      return Mono.error(new IllegalStateException("the session has no keys yet"));
    }
    return begun
        .queue()
        .send(
            packets,
            packet -> {
              ByteBuf payload = begun.sized(codec.encode(packet, duplex.allocator()));
              traffic.onPacketSent(payload.readableBytes());
              return payload;
            });
  }

  /** As {@link RecordWriter#say}, on the duplex's scheduler; also false before this has begun. */
  boolean say(Consumer<ControlSealer> what, Runnable whenWritten) {
    Direction begun = direction;
    return begun != null && begun.writer().say(what, whenWritten);
  }

  /** Ends all sends. Returns false if there never were any. */
  boolean end(SendEnd how) {
    Direction begun = direction;
    if (begun == null) {
      return false;
    }
    begun.queue().end(how);
    return true;
  }

  /**
   * Drops what waits, tells the peer of a fault and drains. Returns false, and does nothing, if the
   * peer cannot be told.
   */
  boolean refuse(PeerException fault, PacketCodec<?> codec) {
    Direction begun = direction;
    if (begun == null) {
      return false;
    }
    if (begun.hasControls()) {
      return end(new SendEnd.Replace((SendEnd.LastPayload) null, fault));
    }
    ByteBuf packet = errorPacket(fault, codec, begun);
    return packet != null && end(new SendEnd.Replace(packet, fault));
  }

  /**
   * Ends all sends, and tells the peer of a fault behind what they handed over; where neither the
   * codec nor the records can say it, the records break off. Returns false if there never were any
   * sends.
   */
  boolean endWithError(PeerException fault, PacketCodec<?> codec) {
    Direction begun = direction;
    if (begun == null) {
      return false;
    }
    ByteBuf packet = begun.hasControls() ? null : errorPacket(fault, codec, begun);
    return end(
        new SendEnd.DrainAndTell(packet == null ? null : new SendEnd.LastPayload(packet), fault));
  }

  /** Returns null if the codec cannot express errors, or throws. */
  private @Nullable ByteBuf errorPacket(
      PeerException fault, PacketCodec<?> codec, Direction begun) {
    try {
      ByteBuf packet = codec.encodeError(SessionFailures.problem(fault), duplex.allocator());
      return packet == null ? null : begun.sized(packet);
    } catch (Throwable thrown) {
      Callbacks.report("a codec", thrown);
      return null;
    }
  }

  /** What sends handed over and the socket never took, once it is settled. */
  Undelivered undelivered() {
    Direction begun = direction;
    return begun == null
        ? Undelivered.NOTHING
        : new Undelivered(
            begun.queue().lost() + begun.writer().unwritten(), begun.writer().outstanding());
  }
}
