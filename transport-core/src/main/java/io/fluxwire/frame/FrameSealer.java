package io.fluxwire.frame;

import static io.fluxwire.frame.Frames.BLOCK;
import static io.fluxwire.frame.Frames.HEADER_SIZE;
import static io.fluxwire.frame.Frames.MAX_PAYLOAD;

import io.fluxwire.ProtocolException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.StreamCipher;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The state of one sending direction. Not thread-safe, but for {@link #destroy()}: a cancel may
 * come in the middle of {@link #seal}, and a frame under wiped keys would be readable by anyone.
 */
final class FrameSealer {

  /** Up to this many bytes, allocating costs more than sealing does. */
  private static final int SMALL = 4096;

  private enum State {
    IDLE,
    SEALING,
    DESTROYED
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);
  private final StreamCipher cipher;
  private final ByteBufAllocator allocator;
  private final byte[] lastBlock = new byte[BLOCK];
  private @Nullable ByteBuf lent;
  private long totlen;

  FrameSealer(StreamCipher cipher, ByteBufAllocator allocator) {
    this.cipher = cipher;
    this.allocator = allocator;
  }

  /**
   * Releases the payload.
   *
   * @return the frame, the caller's; null when this was destroyed meanwhile
   */
  @Nullable ByteBuf seal(ByteBuf payload) {
    if (!state.compareAndSet(State.IDLE, State.SEALING)) {
      payload.release();
      return null;
    }
    ByteBuf frame = null;
    try {
      frame = sealed(payload);
    } finally {
      if (!state.compareAndSet(State.SEALING, State.IDLE)) {
        wipe();
        if (frame != null) {
          frame.release();
          frame = null;
        }
      }
    }
    return frame;
  }

  private ByteBuf sealed(ByteBuf payload) {
    @Nullable ByteBuf copy = null;
    try {
      int size = payload.readableBytes();
      if (size == 0) {
        throw new ProtocolException(Reason.PAYLOAD_TOO_SHORT, "a payload is never empty");
      }
      if (size > MAX_PAYLOAD) {
        throw new ProtocolException(
            Reason.PAYLOAD_TOO_LARGE,
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
    ByteBuf frame = newFrame(HEADER_SIZE + padded);
    totlen += size;
    frame.writerIndex(StreamCipher.MAC_SIZE).writeLongLE(totlen).writerIndex(HEADER_SIZE + padded);
    byte[] out = frame.array();
    int start = frame.arrayOffset();

    cipher.beginMac(HEADER_SIZE - StreamCipher.MAC_SIZE + padded);
    cipher.authenticate(out, start + StreamCipher.MAC_SIZE, HEADER_SIZE - StreamCipher.MAC_SIZE);
    int whole = size & -BLOCK;
    // Encrypted and authenticated by turns, while a piece is in the first-level cache.
    for (int done = 0; done < whole; done += StreamCipher.CHUNK) {
      int piece = Math.min(StreamCipher.CHUNK, whole - done);
      cipher.crypt(plain, offset + done, piece, out, start + HEADER_SIZE + done);
      cipher.authenticate(out, start + HEADER_SIZE + done, piece);
    }
    if (whole < padded) {
      int rest = size - whole;
      System.arraycopy(plain, offset + whole, lastBlock, 0, rest);
      Arrays.fill(lastBlock, rest, BLOCK, (byte) 0);
      cipher.crypt(lastBlock, 0, BLOCK, out, start + HEADER_SIZE + whole);
      cipher.authenticate(out, start + HEADER_SIZE + whole, BLOCK);
    }
    cipher.mac(out, start);
    return frame;
  }

  /** The last one, if it was small and nobody has kept it: a writer copies small ones together. */
  private ByteBuf newFrame(int length) {
    if (length > SMALL) {
      return allocator.heapBuffer(length, length);
    }
    ByteBuf last = lent;
    if (last != null && (last.refCnt() > 1 || last.capacity() < length)) {
      last.release();
      last = null;
    }
    if (last == null) {
      last = allocator.heapBuffer(Math.min(SMALL, Math.max(256, length * 2)), SMALL);
      lent = last;
    }
    return last.clear().retain();
  }

  /** Destroys the keys; at once, or when the frame at hand is done. */
  void destroy() {
    if (state.getAndSet(State.DESTROYED) == State.IDLE) {
      wipe();
    }
  }

  private void wipe() {
    ByteBuf last = lent;
    if (last != null) {
      lent = null;
      last.release();
    }
    Arrays.fill(lastBlock, (byte) 0);
    cipher.destroy();
  }
}
