package io.fluxwire.channel;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.Wakeups;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.v3.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The packets of this side up to the store: those who send take turns, and wait while the channel
 * keeps as much as it may. All but {@link #send} belongs to the channel's loop.
 */
final class Sending<P> {

  /** What one write may hold: 1 MiB, or one packet. */
  static final int BATCH = 1 << 20;

  /** For codecs: what they fill is kept as it is, where it has just the size. */
  private static final ByteBufAllocator PAYLOADS = new UnpooledByteBufAllocator(false);

  private final PacketCodec<P> codec;
  private final ChannelLoop loop;
  private final long maxBytes;
  private final Wakeups<ChannelSend<P>> news = new Wakeups<>();
  private final Deque<ChannelSend<P>> ready = new ArrayDeque<>();
  private final Set<ChannelSend<P>> open = new LinkedHashSet<>();

  /** Those whose packets all have numbers, in about the order of these. */
  private final Deque<ChannelSend<P>> storing = new ArrayDeque<>();

  private long next;
  private long kept;

  /** What is in a write that has not ended. */
  private long writing;

  private @Nullable Throwable ended;

  Sending(PacketCodec<P> codec, ChannelLoop loop, long maxBytes, ChannelState state) {
    this.codec = codec;
    this.loop = loop;
    this.maxBytes = maxBytes;
    this.next = state.next();
    this.kept = state.bytes();
  }

  /** Emits the number behind the last packet once all are stored. */
  Mono<Long> send(Publisher<? extends P> packets) {
    return Mono.create(
        sink -> {
          ChannelSend<P> send = new ChannelSend<>(this, sink);
          sink.onCancel(send::cancel);
          wake(send);
          try {
            Flux.from(packets).subscribe(send);
          } catch (Throwable thrown) {
            send.onError(thrown);
          }
        });
  }

  void wake(ChannelSend<P> send) {
    news.wake(send);
    loop.signal();
  }

  /** Gives the next packets their numbers. */
  List<byte[]> collect() {
    hear();
    List<byte[]> batch = new ArrayList<>();
    long bytes = 0;
    while (bytes < BATCH && kept + writing + bytes < maxBytes) {
      ChannelSend<P> send = ready.poll();
      if (send == null) {
        break;
      }
      send.setWaits(false);
      byte[] payload = encoded(send);
      if (payload != null) {
        batch.add(payload);
        bytes += payload.length;
        next++;
        send.setEnd(next);
      }
      queueUp(send);
    }
    writing += bytes;
    return batch;
  }

  private void hear() {
    for (ChannelSend<P> send = news.next(); send != null; send = news.next()) {
      Throwable why = ended;
      if (send.begins()) {
        if (why != null) {
          send.fail(why);
          send.complete(why);
          continue;
        }
        open.add(send);
        // Of no packets, it is done when what came before it is stored.
        send.setEnd(next);
      }
      queueUp(send);
    }
  }

  private void queueUp(ChannelSend<P> send) {
    if (send.isTold()) {
      send.release();
      open.remove(send);
    } else if (send.waits()) {
      return;
    } else if (send.hasPackets()) {
      send.setWaits(true);
      ready.add(send);
    } else if (send.isExhausted() && open.remove(send)) {
      storing.add(send);
    }
  }

  private byte @Nullable [] encoded(ChannelSend<P> send) {
    P packet = send.next();
    if (packet == null) {
      return null;
    }
    try {
      ByteBuf payload = codec.encode(packet, PAYLOADS);
      try {
        return sized(payload);
      } finally {
        payload.release();
      }
    } catch (Throwable thrown) {
      Callbacks.reportFatal("a codec", thrown);
      send.fail(thrown);
      return null;
    }
  }

  private static byte[] sized(ByteBuf payload) {
    int size = payload.readableBytes();
    if (size == 0 || size > Frames.MAX_PAYLOAD) {
      throw new PacketException(
          size == 0 ? Reason.PAYLOAD_TOO_SHORT : Reason.PACKET_UNSENDABLE,
          "a payload has 1 byte to %,d bytes, this one has %,d"
              .formatted(Frames.MAX_PAYLOAD, size));
    }
    // Another buffer's array is the application's, which may use it again.
    boolean copies = payload.alloc() != PAYLOADS;
    return ByteBufUtil.getBytes(payload, payload.readerIndex(), size, copies);
  }

  /** The store has taken the last batch. */
  void stored(ChannelState state) {
    writing = 0;
    kept = state.bytes();
    completeUpTo(state.next());
  }

  /** Looks at those who send, and tells those whose packets are all stored. */
  void advance(long stored) {
    hear();
    completeUpTo(stored);
  }

  private void completeUpTo(long stored) {
    while (!storing.isEmpty() && storing.element().end() <= stored) {
      storing.remove().complete(null);
    }
  }

  /** Takes what was handed over, and no more: later ones are told why. */
  void drain(Throwable why) {
    hear();
    ended = why;
    List.copyOf(open).forEach(send -> send.drain(why));
  }

  /** Takes no packet any more: those who send are told why, and later ones, too. */
  void end(Throwable why) {
    ended = why;
    hear();
    for (ChannelSend<P> send : open) {
      send.fail(why);
      send.complete(why);
    }
    open.clear();
    ready.clear();
    storing.forEach(send -> send.complete(why));
    storing.clear();
  }
}
