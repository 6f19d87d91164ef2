package io.fluxwire.rsocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.rsocket.frame.FrameHeaderCodec;
import io.rsocket.frame.FrameType;
import io.rsocket.frame.RequestNFrameCodec;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Makes streams wait for the connection. A peer may request any number of payloads, and RSocket
 * queues all of them, however fast they are produced. So the peer's demand is kept here and passed
 * to RSocket in portions, as earlier payloads are written. A portion is as many payloads as fit
 * into the stream's share of {@code window} bytes, assuming the size of the stream's last payload.
 *
 * <p>Holds the same streams as RSocket, which forgets a stream when it ends. Frames are sent on any
 * thread and received on another, hence the lock, which is never held for long.
 */
final class StreamCredits {

  private static final int MAX_PORTION = 256;
  private static final int DEMAND_INDEX = FrameHeaderCodec.size();

  private final int window;
  private final IntObjectMap<Stream> streams = new IntObjectHashMap<>();

  /** The streams that have almost used up their portion while the peer has requested more. */
  private final Deque<Stream> hungry = new ArrayDeque<>();

  /** The number of streams of which the peer has requested more than RSocket was told. */
  private int waiting;

  /** One stream, in the direction in which this side sends. */
  private static final class Stream {
    final int id;

    /** Whether this side has opened it. */
    final boolean requested;

    /** How many payloads the peer has requested that RSocket was not told of yet. */
    long asked;

    /** How many payloads RSocket was told of and has not sent yet. */
    long open;

    long portion;
    boolean isHungry;

    /** The size of the last payload in bytes; 0 if there was none yet. */
    long size;

    /** The size so far of the payload whose fragments are being sent. */
    long sending;

    Stream(int id, boolean requested) {
      this.id = id;
      this.requested = requested;
    }
  }

  /**
   * No streams yet.
   *
   * @param window how many bytes all streams together may be asked to send at a time
   */
  StreamCredits(int window) {
    this.window = window;
  }

  /** A frame is about to be sent: it is counted before it can be written. */
  synchronized void sending(int id, ByteBuf frame) {
    int flags = FrameHeaderCodec.flags(frame);
    boolean completes = (flags & FrameHeaderCodec.FLAGS_C) != 0;
    boolean hasMore = (flags & FrameHeaderCodec.FLAGS_F) != 0;
    switch (FrameHeaderCodec.nativeFrameType(frame)) {
      case REQUEST_CHANNEL -> {
        if (!completes) {
          Stream stream = new Stream(id, true);
          open(stream);
          measure(stream, frame.readableBytes(), hasMore);
        }
      }
      case PAYLOAD -> {
        if (completes) {
          forget(id);
        } else {
          sent(id, frame.readableBytes(), hasMore);
        }
      }
      case ERROR -> forget(id);
      case CANCEL -> {
        Stream stream = streams.get(id);
        // The responder's cancel ends only what the peer sends; the responder keeps sending.
        if (stream != null && stream.requested) {
          forget(id);
        }
      }
      default -> {}
    }
  }

  private void sent(int id, int bytes, boolean hasMore) {
    Stream stream = streams.get(id);
    if (stream == null) {
      return;
    }
    measure(stream, bytes, hasMore);
    if (!hasMore) {
      stream.open = Math.max(0, stream.open - 1);
      feedLater(stream);
    }
  }

  private static void measure(Stream stream, int bytes, boolean hasMore) {
    stream.sending += bytes;
    if (!hasMore) {
      stream.size = stream.sending;
      stream.sending = 0;
    }
  }

  /**
   * A frame has come.
   *
   * @param frame the frame, lent
   * @return the frame for RSocket, this one or another one, the caller's to release; null for none
   */
  synchronized @Nullable ByteBuf received(ByteBuf frame, ByteBufAllocator allocator) {
    int id = FrameHeaderCodec.streamId(frame);
    FrameType type = FrameHeaderCodec.nativeFrameType(frame);
    return switch (type) {
      case REQUEST_STREAM, REQUEST_CHANNEL -> opened(id, frame, allocator);
      case REQUEST_N -> asked(id, frame);
      case CANCEL, ERROR -> {
        forget(id);
        yield frame.retain();
      }
      default -> frame.retain();
    };
  }

  private ByteBuf opened(int id, ByteBuf frame, ByteBufAllocator allocator) {
    int demand = frame.getInt(frame.readerIndex() + DEMAND_INDEX);
    Stream stream = new Stream(id, false);
    open(stream);
    ask(stream, demand);
    int portion = portion(stream, share(stream));
    return portion == demand
        ? frame.retain()
        : allocator
            .buffer(frame.readableBytes())
            .writeBytes(frame.duplicate())
            .setInt(DEMAND_INDEX, portion);
  }

  private @Nullable ByteBuf asked(int id, ByteBuf frame) {
    Stream stream = streams.get(id);
    if (stream == null) {
      return frame.retain();
    }
    ask(stream, frame.getInt(frame.readerIndex() + DEMAND_INDEX));
    feedLater(stream);
    return null;
  }

  private void open(Stream stream) {
    forget(stream.id);
    streams.put(stream.id, stream);
  }

  private void forget(int id) {
    Stream stream = streams.remove(id);
    if (stream != null && stream.asked > 0) {
      waiting--;
      stream.asked = 0;
    }
  }

  private void ask(Stream stream, int demand) {
    if (stream.asked == 0) {
      waiting++;
    }
    // RSocket's greatest demand means unbounded demand.
    boolean unbounded = demand == Integer.MAX_VALUE || stream.asked == Long.MAX_VALUE;
    stream.asked = unbounded ? Long.MAX_VALUE : stream.asked + demand;
  }

  private void feedLater(Stream stream) {
    if (stream.asked > 0 && !stream.isHungry && stream.open <= stream.portion / 2) {
      stream.isHungry = true;
      hungry.add(stream);
    }
  }

  /**
   * Takes the next portion. To be called again until it returns null, and whenever more is written.
   *
   * @return a frame that grants the portion to RSocket, the caller's to release; null when no
   *     stream is to get one
   */
  synchronized @Nullable ByteBuf next(ByteBufAllocator allocator) {
    for (Stream stream = hungry.poll(); stream != null; stream = hungry.poll()) {
      stream.isHungry = false;
      if (stream.asked > 0) {
        return RequestNFrameCodec.encode(allocator, stream.id, portion(stream, share(stream)));
      }
    }
    return null;
  }

  /** How many payloads fit into a stream's share; one if their size is not known yet. */
  private int share(Stream stream) {
    long fitting = stream.size == 0 ? 1 : window / waiting / stream.size;
    return (int) Math.min(Math.max(fitting, 1), MAX_PORTION);
  }

  private int portion(Stream stream, int most) {
    int portion = (int) Math.min(stream.asked, most);
    if (stream.asked != Long.MAX_VALUE) {
      stream.asked -= portion;
    }
    if (stream.asked == 0) {
      waiting--;
    }
    stream.open += portion;
    stream.portion = portion;
    return portion;
  }

  /** How many streams there are, for tests. */
  synchronized int size() {
    return streams.size();
  }
}
