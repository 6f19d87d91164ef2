package io.fluxwire.rsocket;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PacketException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.DrainLoop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.util.concurrent.Queues;

/**
 * Sends RSocket's frames. RSocket cannot be made to wait, so its frames queue up here, within a
 * budget of bytes, and are sent packet by packet. Each packet is made of the frames that are queued
 * when the previous packet has been written. So a byte counts until the socket has accepted it, and
 * small frames share a packet exactly when they come faster than they can be sent.
 */
final class FrameWriter {

  /**
   * How many bytes a frame counts for in addition to its size: RSocket's smallest buffers have 256
   * bytes, and without this a budget of bytes would allow millions of empty frames.
   */
  static final int FRAME_COST = 256;

  /** Streams wait while one part in this many of the budget is used. */
  private static final int CONGESTED_AT = 4;

  private enum State {
    /** Accepts frames. */
    OPEN,
    /** Accepts no more frames; those that are queued are sent, and then the last frame. */
    FINISHING,
    /** Sends nothing any more. */
    CLOSED
  }

  private final PeerConnection<ByteBuf> peer;
  private final ByteBufAllocator allocator;
  private final int budget;
  private final Events events;
  private final DrainLoop loop = new DrainLoop(this::advance, this::failed);
  private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
  private final Queue<ByteBuf> urgent = Queues.<ByteBuf>unboundedMultiproducer().get();
  private final Queue<ByteBuf> frames = Queues.<ByteBuf>unboundedMultiproducer().get();
  private final AtomicReference<@Nullable ByteBuf> last = new AtomicReference<>();

  /** How many bytes the frames count for that are not written yet. */
  private final AtomicLong held = new AtomicLong();

  /**
   * How many bytes the frames of the packet that is being written count for; 0 when there is none.
   */
  private long writing;

  /** Is told what happens. */
  interface Events {

    /** A packet was written, so there is room again. */
    void written();

    /** The last frame is written. */
    void finished();

    /** The connection cannot go on. */
    void failed(PeerException fault);
  }

  FrameWriter(PeerConnection<ByteBuf> peer, ByteBufAllocator allocator, int budget, Events events) {
    this.peer = peer;
    this.allocator = allocator;
    this.budget = budget;
    this.events = events;
  }

  /**
   * Takes over a frame. A frame of the connection as a whole is sent ahead of the frames of
   * streams.
   */
  void write(ByteBuf frame, boolean isUrgent) {
    if (state.get() != State.OPEN) {
      frame.release();
      return;
    }
    int size = frame.readableBytes();
    if (size > PackedFrames.MAX_FRAME) {
      frame.release();
      events.failed(tooLarge(size));
      return;
    }
    long before = held.getAndAdd(cost(frame));
    if (before + cost(frame) > budget) {
      frame.release();
      events.failed(exhausted(before));
      return;
    }
    (isUrgent ? urgent : frames).add(frame);
    loop.signal();
  }

  /** Takes over the last frame, which is sent behind all queued ones. */
  void finish(ByteBuf frame) {
    int cost = cost(frame);
    if (!last.compareAndSet(null, frame)) {
      frame.release();
      return;
    }
    held.addAndGet(cost);
    // Set only now; otherwise a packet that is written meanwhile would be taken for the last one.
    state.compareAndSet(State.OPEN, State.FINISHING);
    loop.signal();
  }

  /** Drops all frames except those that are being written. */
  void close() {
    if (state.getAndSet(State.CLOSED) != State.CLOSED) {
      loop.signal();
    }
  }

  /** Whether so much of the budget is used that streams should wait. */
  boolean isCongested() {
    return held.get() > budget / CONGESTED_AT;
  }

  /** What the frames count for that are not written, for tests. */
  long held() {
    return held.get();
  }

  private static int cost(ByteBuf frame) {
    return frame.readableBytes() + FRAME_COST;
  }

  private static PeerException tooLarge(int size) {
    return new PacketException(
        Reason.PACKET_UNSENDABLE,
        "RSocket made a frame of %,d bytes, over %,d: see FluxwireRSocket.FRAGMENT_SIZE"
            .formatted(size, PackedFrames.MAX_FRAME));
  }

  private PeerException exhausted(long before) {
    return new ConnectionClosedException(
        Reason.WRITE_STALLED,
        "the peer does not read what is sent to it: %,d bytes wait, and the limit is %,d"
            .formatted(before, budget));
  }

  private void advance() {
    if (state.get() == State.CLOSED) {
      drop(urgent);
      drop(frames);
      ByteBuf unsent = last.getAndSet(null);
      if (unsent != null) {
        unsent.release();
      }
    } else if (writing == 0) {
      send(take());
    }
  }

  private static void drop(Queue<ByteBuf> queue) {
    for (ByteBuf frame = queue.poll(); frame != null; frame = queue.poll()) {
      frame.release();
    }
  }

  /** Removes the frames of the next packet from the queue. */
  private List<ByteBuf> take() {
    List<ByteBuf> batch = new ArrayList<>();
    int room = take(urgent, PackedFrames.PACKET, batch);
    take(frames, room, batch);
    if (batch.isEmpty() && state.get() == State.FINISHING) {
      ByteBuf frame = last.getAndSet(null);
      if (frame != null) {
        batch.add(frame);
      }
    }
    return batch;
  }

  private static int take(Queue<ByteBuf> queue, int room, List<ByteBuf> batch) {
    int left = room;
    for (ByteBuf frame = queue.peek(); frame != null; frame = queue.peek()) {
      int size = PackedFrames.size(frame);
      if (size > left && !batch.isEmpty()) {
        return 0;
      }
      batch.add(queue.remove());
      left -= size;
    }
    return left;
  }

  private void send(List<ByteBuf> batch) {
    if (batch.isEmpty()) {
      return;
    }
    long cost = batch.stream().mapToLong(FrameWriter::cost).sum();
    ByteBuf packet = PackedFrames.pack(batch, allocator);
    writing = cost;
    peer.sendOne(packet).subscribe(null, this::failed, this::written);
  }

  private void written() {
    held.addAndGet(-writing);
    writing = 0;
    boolean finished = state.get() == State.FINISHING && held.get() == 0;
    loop.signal();
    if (finished) {
      events.finished();
    } else {
      events.written();
    }
  }

  private void failed(Throwable thrown) {
    events.failed(
        thrown instanceof PeerException known
            ? known
            : new ConnectionClosedException(
                Reason.APPLICATION_ERROR,
                "sending failed: " + thrown.getClass().getName(),
                thrown));
  }
}
