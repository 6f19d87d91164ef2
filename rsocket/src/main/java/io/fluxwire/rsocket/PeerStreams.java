package io.fluxwire.rsocket;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.rsocket.frame.FrameHeaderCodec;
import io.rsocket.frame.FrameType;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Limits what a peer can make RSocket hold in memory: the number of open streams, and the fragments
 * of all incomplete payloads. RSocket itself limits only the size of a payload.
 *
 * <p>A stream ends here only when RSocket forgets it; otherwise a peer could end it here and leave
 * its fragments in RSocket. Frames are sent on any thread and received on another, hence the lock.
 */
final class PeerStreams {

  /** How many bytes a fragment counts for in addition to its size. */
  private static final int FRAGMENT_COST = FrameWriter.FRAME_COST;

  private final Side side;
  private final IntObjectMap<Stream> streams = new IntObjectHashMap<>();

  /** How many of the streams the peer has opened. */
  private int opened;

  /** How many bytes the fragments of incomplete payloads count for. */
  private long unfinished;

  /** RSocket's two sides; they determine which stream ids belong to whom. */
  enum Side {
    /** The side that sent SETUP; its streams have odd ids. */
    CLIENT,
    /** The side that received SETUP; its streams have even ids. */
    SERVER;

    boolean opens(int id) {
      return (id % 2 == 0) == (this == SERVER);
    }
  }

  /** A direction that a stream is open in. */
  private enum Direction {
    IN,
    OUT
  }

  /** A stream that RSocket knows. */
  private static final class Stream {
    final int id;
    final boolean isPeers;
    final FrameType request;
    final Set<Direction> open;

    /** How many bytes the fragments that have arrived count for. */
    long unfinished;

    Stream(int id, boolean isPeers, FrameType request, Set<Direction> open) {
      this.id = id;
      this.isPeers = isPeers;
      this.request = request;
      this.open = open;
    }

    /** Whether the peer may send any number of payloads, and not just one. */
    boolean takesMany() {
      return request == FrameType.REQUEST_CHANNEL
          || (!isPeers && request == FrameType.REQUEST_STREAM);
    }
  }

  PeerStreams(Side side) {
    this.side = side;
  }

  /** A frame of a stream is about to be sent. */
  synchronized void sending(int id, ByteBuf frame) {
    FrameType type = FrameHeaderCodec.nativeFrameType(frame);
    switch (type) {
      case REQUEST_RESPONSE, REQUEST_STREAM, REQUEST_CHANNEL ->
          streams.put(id, new Stream(id, false, type, EnumSet.of(Direction.IN)));
      case PAYLOAD -> {
        if (completes(frame)) {
          end(streams.get(id), Direction.OUT);
        }
      }
      case CANCEL -> end(streams.get(id), Direction.IN);
      case ERROR -> forget(streams.get(id));
      default -> {}
    }
  }

  /**
   * A frame has come.
   *
   * @param frame of a stream, lent
   * @throws PacketException when the peer exceeds a limit, opens a stream twice, or opens a stream
   *     with an id of this side
   */
  synchronized void received(ByteBuf frame) {
    int id = FrameHeaderCodec.streamId(frame);
    FrameType type = FrameHeaderCodec.nativeFrameType(frame);
    switch (type) {
      case REQUEST_FNF -> open(id, type, EnumSet.noneOf(Direction.class), frame);
      case REQUEST_RESPONSE, REQUEST_STREAM -> open(id, type, EnumSet.of(Direction.OUT), frame);
      case REQUEST_CHANNEL -> open(id, type, EnumSet.allOf(Direction.class), frame);
      case PAYLOAD -> add(streams.get(id), frame);
      case CANCEL -> cancelled(streams.get(id));
      case ERROR -> failed(streams.get(id));
      default -> {}
    }
  }

  private void open(int id, FrameType type, Set<Direction> open, ByteBuf frame) {
    // RSocket would ignore the frame and never end the stream.
    if (side.opens(id)) {
      throw PackedFrames.malformed(
          "a %s of stream %,d, which is not the peer's".formatted(type, id));
    }
    if (streams.containsKey(id)) {
      throw PackedFrames.malformed("a second request of stream %,d".formatted(id));
    }
    if (hasMore(frame)) {
      open.add(Direction.IN);
    }
    if (open.isEmpty()) {
      return;
    }
    if (opened == FluxwireRSocket.MAX_STREAMS) {
      throw new PacketException(
          Reason.TOO_MANY_REQUESTS,
          "the peer opens more than %,d streams".formatted(FluxwireRSocket.MAX_STREAMS));
    }
    Stream stream = new Stream(id, true, type, open);
    streams.put(id, stream);
    opened++;
    if (hasMore(frame) || completes(frame)) {
      add(stream, frame);
    }
  }

  private void add(@Nullable Stream stream, ByteBuf frame) {
    // RSocket drops frames that belong to no stream. For a channel, it still collects fragments
    // after the receiver has cancelled.
    if (stream == null) {
      return;
    }
    if (hasMore(frame)) {
      hold(stream, frame.readableBytes() + FRAGMENT_COST);
      return;
    }
    letGo(stream);
    if (!stream.takesMany() || completes(frame)) {
      end(stream, Direction.IN);
    }
  }

  private void hold(Stream stream, int cost) {
    if (unfinished + cost > FluxwireRSocket.MAX_UNFINISHED) {
      throw new PacketException(
          Reason.PAYLOAD_TOO_LARGE,
          "the peer has sent over %,d bytes of payloads without their last fragments"
              .formatted(FluxwireRSocket.MAX_UNFINISHED));
    }
    unfinished += cost;
    stream.unfinished += cost;
  }

  private void letGo(Stream stream) {
    unfinished -= stream.unfinished;
    stream.unfinished = 0;
  }

  private void cancelled(@Nullable Stream stream) {
    // The responder's cancel ends only what this side sends; the responder keeps sending.
    if (stream != null && stream.isPeers) {
      forget(stream);
    }
  }

  private void failed(@Nullable Stream stream) {
    // RSocket ignores an error from a requester that has completed its own direction.
    boolean isHeard =
        stream != null
            && (!stream.isPeers || stream.request == FrameType.REQUEST_CHANNEL)
            && stream.open.contains(Direction.IN);
    if (isHeard) {
      forget(stream);
    }
  }

  private void end(@Nullable Stream stream, Direction direction) {
    if (stream == null) {
      return;
    }
    stream.open.remove(direction);
    if (stream.open.isEmpty()) {
      forget(stream);
    }
  }

  private void forget(@Nullable Stream stream) {
    if (stream == null) {
      return;
    }
    letGo(stream);
    streams.remove(stream.id);
    if (stream.isPeers) {
      opened--;
    }
  }

  private static boolean hasMore(ByteBuf frame) {
    return (FrameHeaderCodec.flags(frame) & FrameHeaderCodec.FLAGS_F) != 0;
  }

  /** Whether the frame is the last of its sender's on the stream. */
  private static boolean completes(ByteBuf frame) {
    return !hasMore(frame) && (FrameHeaderCodec.flags(frame) & FrameHeaderCodec.FLAGS_C) != 0;
  }

  /** How many bytes the fragments of incomplete payloads count for, for tests. */
  synchronized long unfinished() {
    return unfinished;
  }

  /** How many streams there are, for tests. */
  synchronized int size() {
    return streams.size();
  }
}
