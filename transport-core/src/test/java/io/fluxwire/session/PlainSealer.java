package io.fluxwire.session;

import io.fluxwire.record.RecordSealer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Gives payloads as they are, one after the other, in writes of at most 128 KiB or of one. */
final class PlainSealer implements RecordSealer {

  private static final int CAPACITY = 128 * 1024;

  private ByteBuf pending = Unpooled.buffer();

  @Override
  public int maxPayload() {
    return 1 << 20;
  }

  @Override
  public boolean hasRoomFor(int payload) {
    return pending() == 0 || pending() + payload <= CAPACITY;
  }

  @Override
  public void add(ByteBuf payload) {
    pending.writeBytes(payload);
    payload.release();
  }

  @Override
  public int pending() {
    return pending.readableBytes();
  }

  @Override
  public ByteBuf flush() {
    ByteBuf all = pending;
    pending = Unpooled.buffer();
    return all;
  }

  @Override
  public void destroy() {
    pending.clear();
  }
}
