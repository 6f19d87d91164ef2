package io.fluxwire.record.v3;

import static io.fluxwire.crypto.StreamCipher.MAC_SIZE;
import static io.fluxwire.record.v3.Frames.BLOCK;
import static io.fluxwire.record.v3.Frames.HEADER_SIZE;
import static io.fluxwire.record.v3.Frames.MAX_PAYLOAD;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.StreamCipher;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.internal.RecordBatch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The state of one sending direction: one frame for each payload, many frames to a flush. */
final class FrameSealer implements RecordSealer {

  private static final int PART = 256 * 1024;
  private static final int STAGING = Long.BYTES + StreamCipher.CHUNK;

  private final StreamCipher cipher;
  private final ByteBufAllocator allocator;
  private final ReusableBuffer smallFrames;
  private final RecordBatch batch;
  private final byte[] mac = new byte[MAC_SIZE];
  private final byte[] lastBlock = new byte[BLOCK];
  private long totlen;

  FrameSealer(StreamCipher cipher, ByteBufAllocator allocator) {
    this.cipher = cipher;
    this.allocator = allocator;
    this.smallFrames = new ReusableBuffer(allocator);
    this.batch = new RecordBatch(allocator);
  }

  @Override
  public int maxPayload() {
    return MAX_PAYLOAD;
  }

  @Override
  public boolean hasRoomFor(int payload) {
    return batch.hasRoomFor(HEADER_SIZE + Frames.padded(payload));
  }

  @Override
  public void add(ByteBuf payload) {
    batch.add(sealed(payload));
  }

  @Override
  public int pending() {
    return batch.bytes();
  }

  @Override
  public ByteBuf flush() {
    return batch.take();
  }

  private ByteBuf sealed(ByteBuf payload) {
    @Nullable ByteBuf copy = null;
    try {
      int size = payload.readableBytes();
      if (size == 0) {
        throw new PacketException(Reason.PAYLOAD_TOO_SHORT, "a payload is never empty");
      }
      if (size > MAX_PAYLOAD) {
        throw new PacketException(
            Reason.PACKET_UNSENDABLE,
            "a payload of %,d bytes is over 1 MiB; split it".formatted(size));
      }
      ByteBuf plain = payload;
      if (!payload.hasArray()) {
        copy =
            plain =
                allocator.heapBuffer(size, size).writeBytes(payload, payload.readerIndex(), size);
      }
      return seal(plain.array(), plain.arrayOffset() + plain.readerIndex(), size);
    } finally {
      payload.release();
      if (copy != null) {
        copy.release();
      }
    }
  }

  private ByteBuf seal(byte[] plain, int offset, int size) {
    int padded = Frames.padded(size);
    int length = HEADER_SIZE + padded;
    totlen += size;
    cipher.beginMac(length - MAC_SIZE);
    ByteBuf frame = length > RecordBatch.SMALL ? largeFrame(length) : smallFrames.take(length);
    frame.writerIndex(MAC_SIZE);
    // Cipher and HMAC take arrays: a frame that has none is filled from one, piece by piece.
    boolean inPlace = frame.hasArray();
    ByteBuf out = inPlace ? frame : allocator.heapBuffer(STAGING);
    out.writeLongLE(totlen);
    int authenticated = out.writerIndex() - Long.BYTES;
    // Encrypts and authenticates in turn, while a piece is in the first-level cache.
    for (int done = 0; done < size; done += StreamCipher.CHUNK) {
      encrypt(plain, offset + done, Math.min(StreamCipher.CHUNK, size - done), out);
      int piece = out.writerIndex() - authenticated;
      cipher.authenticate(out.array(), out.arrayOffset() + authenticated, piece);
      authenticated += piece;
      if (!inPlace) {
        frame.writeBytes(out);
        out.clear();
        authenticated = 0;
      }
    }
    if (!inPlace) {
      out.release();
    }
    cipher.mac(mac, 0);
    return frame.setBytes(0, mac);
  }

  /**
   * Composed of parts that allocators pool: a buffer of over 1 MiB would be made anew each time.
   */
  private ByteBuf largeFrame(int length) {
    if (length <= PART) {
      return allocator.ioBuffer(length, length);
    }
    CompositeByteBuf frame = allocator.compositeDirectBuffer();
    for (int left = length; left > 0; left -= PART) {
      frame.addComponent(true, allocator.ioBuffer(PART).writerIndex(Math.min(PART, left)));
    }
    return frame.clear();
  }

  private void encrypt(byte[] plain, int offset, int length, ByteBuf out) {
    int start = out.arrayOffset() + out.writerIndex();
    int whole = length & -BLOCK;
    cipher.crypt(plain, offset, whole, out.array(), start);
    if (whole < length) {
      int rest = length - whole;
      System.arraycopy(plain, offset + whole, lastBlock, 0, rest);
      Arrays.fill(lastBlock, rest, BLOCK, (byte) 0);
      cipher.crypt(lastBlock, 0, BLOCK, out.array(), start + whole);
    }
    out.writerIndex(out.writerIndex() + Frames.padded(length));
  }

  @Override
  public void destroy() {
    batch.release();
    smallFrames.release();
    Arrays.fill(lastBlock, (byte) 0);
    cipher.destroy();
  }
}
