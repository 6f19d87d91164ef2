package io.fluxwire.record.v3;

import static io.fluxwire.crypto.StreamCipher.MAC_SIZE;
import static io.fluxwire.record.v3.Frames.HEADER_SIZE;
import static io.fluxwire.record.v3.Frames.MAX_PAYLOAD;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.StreamCipher;
import io.fluxwire.record.RecordOpener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** The state of one receiving direction: one payload of each frame. */
final class FrameOpener implements RecordOpener {

  private static final int SHA256_BLOCK = 64;
  private static final int MIN_FRAME = 256;

  private final StreamCipher cipher;
  private final ReusableBuffer frames;
  private final byte[] received = new byte[MAC_SIZE];
  private final byte[] computed = new byte[MAC_SIZE];
  private long totlen;

  /** The bytes that have arrived of the frame that is next, and then its payload. */
  private ByteBuf frame = Unpooled.EMPTY_BUFFER;

  private int macedUpTo;

  private int payloadSize;

  FrameOpener(StreamCipher cipher, ByteBufAllocator allocator) {
    this.cipher = cipher;
    this.frames = new ReusableBuffer(allocator);
  }

  @Override
  public @Nullable ByteBuf next(ByteBuf in) {
    if (frame.writerIndex() < HEADER_SIZE && !readHeader(in)) {
      return null;
    }
    if (!readBody(in)) {
      return null;
    }
    verify();
    decrypt();
    totlen += payloadSize;
    ByteBuf payload = frame.writerIndex(payloadSize);
    frame = Unpooled.EMPTY_BUFFER;
    return payload;
  }

  private boolean readHeader(ByteBuf in) {
    if (frame.capacity() == 0) {
      frame = frames.take(MIN_FRAME);
    }
    frame.writeBytes(in, Math.min(HEADER_SIZE - frame.writerIndex(), in.readableBytes()));
    if (frame.writerIndex() < HEADER_SIZE) {
      return false;
    }
    long claimed = frame.getLongLE(MAC_SIZE);
    if (Long.compareUnsigned(claimed, totlen) < 0) {
      throw new FrameIntegrityException(
          Reason.TOTLEN_BACKWARDS,
          "a frame's totlen goes back from %s to %s"
              .formatted(Long.toUnsignedString(totlen), Long.toUnsignedString(claimed)));
    }
    long length = claimed - totlen;
    if (Long.compareUnsigned(length, MAX_PAYLOAD) > 0) {
      throw new FrameIntegrityException(
          Reason.PAYLOAD_TOO_LARGE,
          "a frame announces %s bytes, more than 1 MiB".formatted(Long.toUnsignedString(length)));
    }
    payloadSize = (int) length;
    cipher.beginMac(HEADER_SIZE - MAC_SIZE + Frames.padded(payloadSize));
    macedUpTo = MAC_SIZE;
    return true;
  }

  private boolean readBody(ByteBuf in) {
    int length = HEADER_SIZE + Frames.padded(payloadSize);
    int end = Math.min(length, frame.writerIndex() + in.readableBytes());
    if (frame.capacity() < end) {
      // Memory grows with what has arrived: the size that the header claims is not authenticated
      // yet.
      frame.capacity(Math.min(length, Math.max(end, 2 * frame.capacity())));
    }
    // Copies and authenticates in turn, while a piece is in the first-level cache.
    do {
      frame.writeBytes(in, Math.min(StreamCipher.CHUNK, end - frame.writerIndex()));
      authenticate(frame.writerIndex() == length);
    } while (frame.writerIndex() < end);
    return end == length;
  }

  /** Authenticates whole blocks, since the digest would copy what is left of one. */
  private void authenticate(boolean all) {
    int arrived = frame.writerIndex() - macedUpTo;
    int piece = all ? arrived : arrived & -SHA256_BLOCK;
    cipher.authenticate(frame.array(), frame.arrayOffset() + macedUpTo, piece);
    macedUpTo += piece;
  }

  private void verify() {
    cipher.mac(computed, 0);
    frame.getBytes(0, received);
    if (!MessageDigest.isEqual(computed, received)) {
      throw new FrameIntegrityException(Reason.MAC_MISMATCH, "a frame's HMAC is wrong");
    }
  }

  /**
   * Into the place of the header, so that a large frame takes no second buffer. It lies before the
   * ciphertext by more than a block: where input and output begin at one place, the JDK makes a
   * copy of the input first.
   */
  private void decrypt() {
    int padded = frame.writerIndex() - HEADER_SIZE;
    byte[] bytes = frame.array();
    int start = frame.arrayOffset();
    cipher.crypt(bytes, start + HEADER_SIZE, padded, bytes, start);
    int padding = 0;
    for (int i = payloadSize; i < padded; i++) {
      padding |= bytes[start + i];
    }
    if (padding != 0) {
      throw new FrameIntegrityException(Reason.PADDING_NOT_ZERO, "a frame's padding is not zero");
    }
  }

  @Override
  public boolean hasNext() {
    return false;
  }

  @Override
  public void inputEnded() {
    if (isInsideRecord()) {
      // This breaks no rule: the stream of a peer that is killed while it sends ends like this.
      throw new ConnectionClosedException(
          Reason.FRAME_TRUNCATED, "the connection was lost: the stream ended inside a frame");
    }
  }

  @Override
  public void idle() {
    if (!isInsideRecord()) {
      release();
    }
  }

  @Override
  public void trim(int payload) {
    if (!isInsideRecord()) {
      frames.releaseOver(HEADER_SIZE + payload);
    } else if (frame.capacity() > HEADER_SIZE + payload) {
      frame.capacity(Math.max(MIN_FRAME, frame.writerIndex()));
    }
  }

  @Override
  public int announced() {
    return frame.writerIndex() < HEADER_SIZE ? 0 : payloadSize;
  }

  @Override
  public boolean isInsideRecord() {
    return frame.writerIndex() > 0;
  }

  @Override
  public void destroy() {
    release();
    cipher.destroy();
  }

  private void release() {
    frame.release();
    frame = Unpooled.EMPTY_BUFFER;
    frames.release();
  }
}
