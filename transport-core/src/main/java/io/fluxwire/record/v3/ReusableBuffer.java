package io.fluxwire.record.v3;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * A heap buffer that serves again once whoever got it has released it: for small ones, allocating
 * costs more than the cryptography does.
 */
final class ReusableBuffer {

  private static final int MIN_CAPACITY = 128;

  private final ByteBufAllocator allocator;
  private @Nullable ByteBuf last;

  ReusableBuffer(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** An empty buffer with room for so many bytes, the caller's to release. */
  ByteBuf take(int size) {
    ByteBuf buffer = last;
    if (buffer == null || buffer.refCnt() > 1 || buffer.capacity() < size) {
      release();
      last = buffer = allocator.heapBuffer(Math.max(MIN_CAPACITY, size));
    }
    return buffer.clear().retain();
  }

  /** Gives up a buffer that is larger; the next {@link #take} makes another. */
  void releaseOver(int capacity) {
    ByteBuf buffer = last;
    if (buffer != null && buffer.capacity() > capacity) {
      release();
    }
  }

  /** Gives up the buffer; the next {@link #take} makes another. */
  void release() {
    ByteBuf buffer = last;
    if (buffer != null) {
      last = null;
      buffer.release();
    }
  }
}
