package io.fluxwire.record.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records that go to the socket in one write: small ones copied together, larger ones as they are.
 */
public final class RecordBatch {

  /** How much is copied together for one write: more would leave the second-level cache. */
  public static final int CAPACITY = 128 * 1024;

  /**
   * A write of this many bytes takes no more records. So it holds four of 64 KiB: written alone,
   * each of them would end in a small TCP segment.
   */
  public static final int ENOUGH = 256 * 1024;

  /** Up to this many bytes, copying a record costs less than a component of its own. */
  public static final int SMALL = 4 * 1024;

  private final ByteBufAllocator allocator;
  private final List<ByteBuf> parts = new ArrayList<>();

  /** The last part, if small records are copied into it. */
  private @Nullable ByteBuf copies;

  private int bytes;

  /**
   * An empty one.
   *
   * @param allocator gives heap buffers for a small record alone, and others for the rest
   */
  public RecordBatch(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  /**
   * The bytes of all records.
   *
   * @return 0 when it is empty
   */
  public int bytes() {
    return bytes;
  }

  /**
   * Whether one more is worth it.
   *
   * @param size its bytes
   * @return true when it is empty, or a record of so many bytes fits
   */
  public boolean hasRoomFor(int size) {
    return isEmpty() || (size > SMALL ? bytes < ENOUGH : bytes + size <= CAPACITY);
  }

  /**
   * Takes a record over.
   *
   * @param record the record, released by this in the end
   */
  public void add(ByteBuf record) {
    int size = record.readableBytes();
    if (size > SMALL) {
      copies = null;
      parts.add(record);
    } else if (isEmpty()) {
      parts.add(record);
    } else {
      copies().writeBytes(record);
      record.release();
    }
    bytes += size;
  }

  /**
   * Copies a record.
   *
   * @param record an array that begins with it
   * @param size its bytes
   */
  public void add(byte[] record, int size) {
    if (size > SMALL) {
      copies = null;
      parts.add(allocator.ioBuffer(size).writeBytes(record, 0, size));
    } else if (isEmpty()) {
      parts.add(allocator.heapBuffer(size).writeBytes(record, 0, size));
    } else {
      copies().writeBytes(record, 0, size);
    }
    bytes += size;
  }

  /** Where small records are copied together, with those that came right before. */
  private ByteBuf copies() {
    ByteBuf target = copies;
    if (target == null) {
      target = allocator.ioBuffer(CAPACITY);
      ByteBuf last = parts.get(parts.size() - 1);
      if (last.readableBytes() <= SMALL) {
        target.writeBytes(last);
        last.release();
        parts.set(parts.size() - 1, target);
      } else {
        parts.add(target);
      }
      copies = target;
    }
    return target;
  }

  /**
   * Takes all of it; this is empty then.
   *
   * @return the records, the caller's to release
   */
  public ByteBuf take() {
    ByteBuf all =
        switch (parts.size()) {
          case 0 -> Unpooled.EMPTY_BUFFER;
          case 1 -> parts.get(0);
          default -> gathered();
        };
    clear();
    return all;
  }

  private CompositeByteBuf gathered() {
    return allocator.compositeBuffer(parts.size()).addComponents(true, parts);
  }

  /** Releases all of it; this is empty then. */
  public void release() {
    parts.forEach(ByteBuf::release);
    clear();
  }

  private void clear() {
    parts.clear();
    copies = null;
    bytes = 0;
  }
}
