package io.fluxwire.frame;

import static io.fluxwire.frame.Frames.HEADER_SIZE;
import static io.fluxwire.frame.Frames.MAX_PAYLOAD;

import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.StreamCipher;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** The state of one receiving direction. Not thread-safe. */
final class FrameOpener {

  private static final int MAC_SIZE = StreamCipher.MAC_SIZE;

  /** Up to this many bytes, allocating costs more than opening does. */
  private static final int SMALL = 4096;

  private final StreamCipher cipher;
  private final ByteBufAllocator allocator;
  private final byte[] header = new byte[HEADER_SIZE];
  private final byte[] computed = new byte[HEADER_SIZE];

  /** For small frames that follow each other within one input. */
  private byte @Nullable [] staging;

  private @Nullable ByteBuf lent;
  private int headerFilled;
  private long totlen;

  /** Of the frame whose header is whole. */
  private int size;

  private @Nullable ByteBuf ciphertext;

  FrameOpener(StreamCipher cipher, ByteBufAllocator allocator) {
    this.cipher = cipher;
    this.allocator = allocator;
  }

  /**
   * Reads on.
   *
   * @param in what arrived; read up to the end of the first whole frame
   * @return the frame's payload, the caller's to release; null when it takes more bytes
   * @throws FrameIntegrityException when the frame breaks a rule
   */
  @Nullable ByteBuf next(ByteBuf in) {
    ByteBuf body = ciphertext;
    if (body == null) {
      if (!readHeader(in)) {
        return null;
      }
      int padded = Frames.padded(size);
      if (padded <= SMALL && in.readableBytes() >= padded) {
        return openWhole(in, padded);
      }
      // Reserved by what is here, not by what the header claims: it is not authenticated yet.
      body = allocator.heapBuffer(Math.min(padded, Math.max(in.readableBytes(), 256)), padded);
      ciphertext = body;
    }
    int missing = Frames.padded(size) - body.readableBytes();
    int arrived = Math.min(missing, in.readableBytes());
    // Copied and authenticated by turns, while a piece is in the first-level cache.
    for (int left = arrived; left > 0; left -= StreamCipher.CHUNK) {
      int piece = Math.min(StreamCipher.CHUNK, left);
      body.writeBytes(in, piece);
      cipher.authenticate(body.array(), body.arrayOffset() + body.writerIndex() - piece, piece);
    }
    if (arrived < missing) {
      return null;
    }
    verify();
    int padded = body.readableBytes();
    ByteBuf payload =
        decrypt(body.array(), body.arrayOffset(), padded, allocator.heapBuffer(padded, padded));
    reset();
    return payload;
  }

  /** A small frame that is all here: through an array and a payload that serve many in turn. */
  private ByteBuf openWhole(ByteBuf in, int padded) {
    byte[] staged = staging;
    if (staged == null || staged.length < padded) {
      staged = staging = new byte[Math.min(SMALL, Math.max(256, padded * 2))];
    }
    in.readBytes(staged, 0, padded);
    cipher.authenticate(staged, 0, padded);
    verify();
    ByteBuf payload = decrypt(staged, 0, padded, smallPayload(padded));
    reset();
    return payload;
  }

  /** The last one, if nobody has kept it. */
  private ByteBuf smallPayload(int padded) {
    ByteBuf last = lent;
    if (last != null && (last.refCnt() > 1 || last.capacity() < padded)) {
      last.release();
      last = null;
    }
    if (last == null) {
      last = allocator.heapBuffer(Math.min(SMALL, Math.max(256, padded * 2)), SMALL);
      lent = last;
    }
    return last.clear().retain();
  }

  /** Holds nothing for later frames; to be called when no more input is here. */
  void idle() {
    staging = null;
    ByteBuf last = lent;
    if (last != null) {
      lent = null;
      last.release();
    }
  }

  private boolean readHeader(ByteBuf in) {
    int part = Math.min(HEADER_SIZE - headerFilled, in.readableBytes());
    in.readBytes(header, headerFilled, part);
    headerFilled += part;
    if (headerFilled < HEADER_SIZE) {
      return false;
    }
    long claimed = 0;
    for (int i = HEADER_SIZE - 1; i >= MAC_SIZE; i--) {
      claimed = (claimed << 8) | (header[i] & 0xff);
    }
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
    size = (int) length;
    cipher.beginMac(HEADER_SIZE - MAC_SIZE + Frames.padded(size));
    cipher.authenticate(header, MAC_SIZE, HEADER_SIZE - MAC_SIZE);
    return true;
  }

  private void verify() {
    cipher.mac(computed, 0);
    System.arraycopy(header, MAC_SIZE, computed, MAC_SIZE, HEADER_SIZE - MAC_SIZE);
    if (!MessageDigest.isEqual(computed, header)) {
      throw new FrameIntegrityException(Reason.MAC_MISMATCH, "a frame's HMAC is wrong");
    }
  }

  private ByteBuf decrypt(byte[] ciphertext, int offset, int padded, ByteBuf payload) {
    byte[] plain = payload.array();
    int start = payload.arrayOffset();
    cipher.crypt(ciphertext, offset, padded, plain, start);
    int padding = 0;
    for (int i = size; i < padded; i++) {
      padding |= plain[start + i];
    }
    if (padding != 0) {
      payload.release();
      throw new FrameIntegrityException(Reason.PADDING_NOT_ZERO, "a frame's padding is not zero");
    }
    return payload.writerIndex(size);
  }

  private void reset() {
    ByteBuf body = ciphertext;
    ciphertext = null;
    headerFilled = 0;
    totlen += size;
    if (body != null) {
      body.release();
    }
  }

  /** Whether a frame has started and is not whole. */
  boolean isInsideFrame() {
    return headerFilled > 0;
  }

  /** Releases what is held and destroys the keys. */
  void destroy() {
    reset();
    idle();
    cipher.destroy();
  }
}
