package io.fluxwire.session;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.DirectionKeys;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.RecordSuite;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Records as unlike version 3's as can be: not encrypted, with many packets in one, and a packet in
 * many. A record is {@code length, le16 | body}, its body a row of {@code type | length, le16 |
 * bytes}, where type 1 is a packet or its end, 2 a part with more to come.
 */
final class PlainRecords implements RecordSuite {

  private static final int MAX_PACKET = 1 << 20;
  private static final int MAX_PART = 1000;
  private static final int MAX_BODY = 4000;
  private static final int MAX_PENDING = 128 * 1024;
  private static final int PACKET = 1;
  private static final int PART = 2;

  @Override
  public RecordOpener opener(DirectionKeys keys, ByteBufAllocator allocator) {
    keys.destroy();
    return new Opener();
  }

  @Override
  public RecordSealer sealer(DirectionKeys keys, ByteBufAllocator allocator) {
    keys.destroy();
    return new Sealer();
  }

  private static final class Sealer implements RecordSealer {

    private ByteBuf whole = Unpooled.buffer();
    private final ByteBuf body = Unpooled.buffer();

    @Override
    public int maxPayload() {
      return MAX_PACKET;
    }

    @Override
    public boolean hasRoomFor(int payload) {
      return pending() == 0 || pending() + payload <= MAX_PENDING;
    }

    @Override
    public void add(ByteBuf payload) {
      do {
        int size = Math.min(MAX_PART, payload.readableBytes());
        if (body.readableBytes() + 3 + size > MAX_BODY) {
          closeRecord();
        }
        body.writeByte(size < payload.readableBytes() ? PART : PACKET);
        body.writeShortLE(size).writeBytes(payload, size);
      } while (payload.isReadable());
      payload.release();
    }

    private void closeRecord() {
      if (body.isReadable()) {
        whole.writeShortLE(body.readableBytes()).writeBytes(body);
        body.clear();
      }
    }

    @Override
    public int pending() {
      return whole.readableBytes() + (body.isReadable() ? 2 + body.readableBytes() : 0);
    }

    @Override
    public ByteBuf flush() {
      closeRecord();
      ByteBuf records = whole;
      whole = Unpooled.buffer();
      return records;
    }

    @Override
    public void destroy() {
      whole.clear();
      body.clear();
    }
  }

  private static final class Opener implements RecordOpener {

    private final ByteBuf record = Unpooled.buffer();
    private final ByteBuf packet = Unpooled.buffer();

    /** The record is whole, and this much of it has been read or not. */
    private boolean open;

    @Override
    public @Nullable ByteBuf next(ByteBuf in) {
      while (open || fill(in)) {
        while (record.isReadable()) {
          int type = record.readByte();
          if (type != PACKET && type != PART) {
            throw new FrameIntegrityException(Reason.MAC_MISMATCH, "this is no frame");
          }
          int size = record.readUnsignedShortLE();
          packet.writeBytes(record, size);
          if (packet.readableBytes() > MAX_PACKET) {
            throw new FrameIntegrityException(Reason.PAYLOAD_TOO_LARGE, "over 1 MiB");
          }
          if (type == PACKET) {
            ByteBuf whole = packet.copy();
            packet.clear();
            return whole;
          }
        }
        open = false;
        record.clear();
      }
      return null;
    }

    /** Whether the record is whole. */
    private boolean fill(ByteBuf in) {
      record.writeBytes(in, Math.min(in.readableBytes(), 2 - Math.min(2, record.writerIndex())));
      if (record.writerIndex() < 2) {
        return false;
      }
      int missing = 2 + record.getUnsignedShortLE(0) - record.writerIndex();
      record.writeBytes(in, Math.min(missing, in.readableBytes()));
      open = record.writerIndex() == 2 + record.getUnsignedShortLE(0);
      if (open) {
        record.skipBytes(2);
      }
      return open;
    }

    @Override
    public boolean hasNext() {
      return open && record.isReadable();
    }

    @Override
    public int announced() {
      return packet.readableBytes();
    }

    @Override
    public boolean isInsideRecord() {
      return record.isReadable() || packet.isReadable();
    }

    @Override
    public void inputEnded() {
      if (isInsideRecord()) {
        throw new ConnectionClosedException(
            Reason.FRAME_TRUNCATED, "the connection was lost: the stream ended inside a record");
      }
    }

    @Override
    public void idle() {}

    @Override
    public void trim(int payload) {}

    @Override
    public void destroy() {
      record.clear();
      packet.clear();
    }
  }
}
