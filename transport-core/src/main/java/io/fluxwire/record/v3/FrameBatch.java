package io.fluxwire.record.v3;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Frames that go to the socket in one write: small ones copied together, larger ones as they are.
 */
final class FrameBatch {

  /** How much is copied together for one write: more would leave the second-level cache. */
  static final int CAPACITY = 128 * 1024;

  /**
   * A write of this many bytes takes no more frames. So it holds four of 64 KiB: written alone,
   * each of them would end in a small TCP segment.
   */
  static final int ENOUGH = 256 * 1024;

  /** Up to this many bytes, copying a frame costs less than a component of its own. */
  static final int SMALL = 4 * 1024;

  private final ByteBufAllocator allocator;
  private final List<ByteBuf> parts = new ArrayList<>();

  /** The last part, if small frames are copied into it. */
  private @Nullable ByteBuf copies;

  private int bytes;

  FrameBatch(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  /** The bytes of all frames. */
  int bytes() {
    return bytes;
  }

  /** Whether it is empty, or a frame of so many bytes fits. */
  boolean hasRoomFor(int size) {
    return isEmpty() || (size > SMALL ? bytes < ENOUGH : bytes + size <= CAPACITY);
  }

  /** Takes a frame over. */
  void add(ByteBuf frame) {
    int size = frame.readableBytes();
    if (size > SMALL) {
      copies = null;
      parts.add(frame);
    } else if (isEmpty()) {
      parts.add(frame);
    } else {
      copy(frame);
    }
    bytes += size;
  }

  private void copy(ByteBuf frame) {
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
    target.writeBytes(frame);
    frame.release();
  }

  /** All of it, the caller's to release; this is empty then. */
  ByteBuf take() {
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

  void release() {
    parts.forEach(ByteBuf::release);
    clear();
  }

  private void clear() {
    parts.clear();
    copies = null;
    bytes = 0;
  }
}
