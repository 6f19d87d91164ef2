package io.fluxwire.session;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.ControlListener;
import io.fluxwire.record.ControlSealer;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Records with controls, and not encrypted, so that a test can count them: {@code length, le32 |
 * body}, its body a row of {@code type | length, le32 | value}, with the types of protocol.md
 * section 9.4.
 */
final class ControlledRecords {

  private static final int PACKET = 2;
  private static final int PING = 3;
  private static final int PONG = 5;
  private static final int PADDING = 1;
  private static final int END = 6;
  private static final int READY = 7;
  private static final int ROTATE = 8;

  private ControlledRecords() {}

  /** Writes one record for each flush; what a test says itself is not checked. */
  static final class Sealer implements RecordSealer, ControlSealer {

    private ByteBuf body = Unpooled.buffer();
    int keepAwakes;
    int rotations;
    boolean destroyed;

    private ByteBuf frame(int type, int size) {
      return body.writeByte(type).writeIntLE(size);
    }

    @Override
    public int maxPayload() {
      return 1 << 20;
    }

    @Override
    public boolean hasRoomFor(int payload) {
      return pending() == 0 || pending() + payload <= 128 * 1024;
    }

    @Override
    public void add(ByteBuf payload) {
      frame(PACKET, payload.readableBytes()).writeBytes(payload);
      payload.release();
    }

    @Override
    public int pending() {
      return body.isReadable() ? 4 + body.readableBytes() : 0;
    }

    @Override
    public ByteBuf flush() {
      if (!body.isReadable()) {
        return Unpooled.EMPTY_BUFFER;
      }
      ByteBuf record = Unpooled.buffer().writeIntLE(body.readableBytes()).writeBytes(body);
      body = Unpooled.buffer();
      return record;
    }

    @Override
    public ControlSealer control() {
      return this;
    }

    @Override
    public void ready() {
      frame(READY, 0);
    }

    @Override
    public void ping(long value) {
      frame(PING, 8).writeLong(value);
    }

    @Override
    public void pong(long value) {
      frame(PONG, 8).writeLong(value);
    }

    @Override
    public void channel(ChannelFrame frame) {
      throw new UnsupportedOperationException("these sessions have no channel");
    }

    @Override
    public void acknowledge(long next) {
      throw new UnsupportedOperationException("these sessions have no channel");
    }

    @Override
    public void keepAwake() {
      keepAwakes++;
      frame(PADDING, 0);
    }

    @Override
    public void rotate() {
      rotations++;
      frame(ROTATE, 0);
    }

    @Override
    public void end(@Nullable String problem) {
      byte[] text = problem == null ? new byte[0] : problem.getBytes(StandardCharsets.UTF_8);
      frame(END, 1 + text.length).writeByte(problem == null ? 0 : 1).writeBytes(text);
    }

    @Override
    public void destroy() {
      destroyed = true;
      body.clear();
    }
  }

  /** Reads what {@link Sealer} writes. */
  static final class Opener implements RecordOpener {

    private final ByteBuf record = Unpooled.buffer();
    private final boolean expectsReady;
    private boolean open;
    private boolean ready;
    private boolean ended;
    private ControlListener listener = ControlListener.NONE;

    Opener(boolean expectsReady) {
      this.expectsReady = expectsReady;
    }

    @Override
    public void listener(ControlListener told) {
      listener = told;
    }

    @Override
    public boolean isEnded() {
      return ended;
    }

    @Override
    public @Nullable ByteBuf next(ByteBuf in) {
      while (!ended && (open || fill(in))) {
        while (record.isReadable()) {
          int type = record.readByte();
          ByteBuf value = record.readSlice(record.readIntLE());
          if (type == PING && !listener.onPing(value.readLong())) {
            closeIfRead();
            return null;
          }
          ByteBuf payload = handle(type, value);
          if (payload != null) {
            closeIfRead();
            return payload;
          }
        }
        closeIfRead();
      }
      return null;
    }

    private @Nullable ByteBuf handle(int type, ByteBuf value) {
      return switch (type) {
        case PACKET -> value.copy();
        case READY -> {
          ready = true;
          yield Unpooled.EMPTY_BUFFER;
        }
        case PONG -> {
          listener.onPong(value.readLong());
          yield null;
        }
        case END -> {
          if (value.readByte() != 0) {
            throw ConnectionClosedException.byPeer(value.toString(StandardCharsets.UTF_8));
          }
          ended = true;
          yield null;
        }
        default -> {
          if (type > ROTATE) {
            throw new FrameIntegrityException(
                Reason.UNKNOWN_EVEN_FRAME, "an unknown frame came: " + type);
          }
          yield null;
        }
      };
    }

    private void closeIfRead() {
      if (!record.isReadable()) {
        open = false;
        record.clear();
      }
    }

    private boolean fill(ByteBuf in) {
      record.writeBytes(in, Math.min(in.readableBytes(), 4 - Math.min(4, record.writerIndex())));
      if (record.writerIndex() < 4) {
        return false;
      }
      int missing = 4 + record.getIntLE(0) - record.writerIndex();
      record.writeBytes(in, Math.min(missing, in.readableBytes()));
      open = record.writerIndex() == 4 + record.getIntLE(0);
      if (open) {
        record.skipBytes(4);
        listener.onRecord();
      }
      return open;
    }

    @Override
    public boolean hasNext() {
      return open && record.isReadable();
    }

    @Override
    public int announced() {
      return 0;
    }

    @Override
    public boolean isInsideRecord() {
      return record.isReadable();
    }

    @Override
    public void inputEnded() {
      if (!ended) {
        throw new ConnectionClosedException(
            expectsReady && !ready ? Reason.CLOSED_BEFORE_READY : Reason.STREAM_TRUNCATED,
            "the stream ended without a word");
      }
    }

    @Override
    public void idle() {}

    @Override
    public void trim(int payload) {}

    @Override
    public void destroy() {
      record.clear();
    }
  }
}
