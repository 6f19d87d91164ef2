package io.fluxwire.record.aead;

import static io.fluxwire.crypto.Aead.TAG_SIZE;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.RecordCipher;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.internal.RecordBatch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/** The state of one sending direction of BOLT 8: one record for each payload, many to a flush. */
final class MessageSealer implements RecordSealer {

  private final RecordCipher cipher;
  private final ByteBufAllocator allocator;
  private final RecordBatch batch;
  private final byte[] length = new byte[Short.BYTES];

  MessageSealer(RecordCipher cipher, ByteBufAllocator allocator) {
    this.cipher = cipher;
    this.allocator = allocator;
    this.batch = new RecordBatch(allocator);
  }

  @Override
  public int minPayload() {
    return 0;
  }

  @Override
  public int maxPayload() {
    return MessageRecords.MAX_MESSAGE;
  }

  @Override
  public boolean hasRoomFor(int payload) {
    return batch.hasRoomFor(AeadSealer.OVERHEAD + payload);
  }

  @Override
  public void add(ByteBuf payload) {
    @Nullable ByteBuf copy = null;
    try {
      int size = payload.readableBytes();
      if (size > MessageRecords.MAX_MESSAGE) {
        throw new PacketException(
            Reason.PACKET_UNSENDABLE,
            "a message of %,d bytes is over 65,535; split it".formatted(size));
      }
      ByteBuf plain = payload;
      if (!payload.hasArray()) {
        copy =
            plain =
                allocator.heapBuffer(size, size).writeBytes(payload, payload.readerIndex(), size);
      }
      seal(plain.array(), plain.arrayOffset() + plain.readerIndex(), size);
    } finally {
      payload.release();
      if (copy != null) {
        copy.release();
      }
    }
  }

  private void seal(byte[] plain, int offset, int size) {
    byte[] record = Scratch.array();
    length[0] = (byte) (size >> Byte.SIZE);
    length[1] = (byte) size;
    cipher.seal(length, 0, Short.BYTES, record, 0);
    cipher.seal(plain, offset, size, record, Short.BYTES + TAG_SIZE);
    batch.add(record, size + AeadSealer.OVERHEAD);
  }

  @Override
  public int pending() {
    return batch.bytes();
  }

  @Override
  public ByteBuf flush() {
    return batch.take();
  }

  @Override
  public void destroy() {
    batch.release();
    cipher.destroy();
  }
}
