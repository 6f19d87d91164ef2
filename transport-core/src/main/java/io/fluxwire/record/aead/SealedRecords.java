package io.fluxwire.record.aead;

import static io.fluxwire.crypto.Aead.TAG_SIZE;

import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.RecordCipher;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Opens the sealed records of one receiving direction, whatever is in them: the record that
 * arrives, and the body of the last one that is whole.
 */
final class SealedRecords {

  static final int HEADER_SIZE = Short.BYTES + TAG_SIZE;
  static final int MIN_RECORD = 256;

  private final RecordCipher cipher;
  private final ByteBufAllocator allocator;
  private final int minBody;
  private final byte[] header = new byte[HEADER_SIZE];
  private final byte[] length = new byte[Short.BYTES];

  /** How much of the header has arrived. */
  private int headerSize;

  /** The size of the record's sealed body; 0 before its header is whole. */
  private int sealedSize;

  /** The sealed body, as far as it has arrived; none before. */
  private @Nullable ByteBuf sealed;

  /** The last body that was opened, which payloads are slices of. */
  private @Nullable ByteBuf body;

  /**
   * The records of one direction.
   *
   * @param minBody the smallest body that a record may have
   */
  SealedRecords(RecordCipher cipher, ByteBufAllocator allocator, int minBody) {
    this.cipher = cipher;
    this.allocator = allocator;
    this.minBody = minBody;
  }

  /**
   * Reads on.
   *
   * @param in what has arrived, read up to the end of the record
   * @return whether a record is open, whose body {@link #body()} is; false when it takes more bytes
   */
  boolean open(ByteBuf in) {
    if (sealedSize == 0 && !readHeader(in)) {
      return false;
    }
    byte[] whole = readSealed(in);
    if (whole == null) {
      return false;
    }
    int size = sealedSize - TAG_SIZE;
    ByteBuf target = reusableBody(size);
    if (!cipher.open(whole, 0, sealedSize, target.array(), target.arrayOffset())) {
      throw tagMismatch();
    }
    target.writerIndex(size);
    headerSize = 0;
    sealedSize = 0;
    return true;
  }

  private boolean readHeader(ByteBuf in) {
    int piece = Math.min(HEADER_SIZE - headerSize, in.readableBytes());
    in.readBytes(header, headerSize, piece);
    headerSize += piece;
    if (headerSize < HEADER_SIZE) {
      return false;
    }
    if (!cipher.open(header, 0, HEADER_SIZE, length, 0)) {
      throw tagMismatch();
    }
    int size = ((length[0] & 0xff) << Byte.SIZE) | (length[1] & 0xff);
    if (size < minBody) {
      throw new FrameIntegrityException(
          Reason.RECORD_TOO_SHORT, "a record's length is " + size + ", below " + minBody);
    }
    sealedSize = size + TAG_SIZE;
    return true;
  }

  /** The sealed body in {@link Scratch}, if it is whole. Memory grows with what has arrived. */
  private byte @Nullable [] readSealed(ByteBuf in) {
    int before = sealed == null ? 0 : sealed.writerIndex();
    int end = Math.min(sealedSize, before + in.readableBytes());
    if (before == 0 && end == sealedSize) {
      byte[] whole = Scratch.array();
      in.readBytes(whole, 0, sealedSize);
      return whole;
    }
    if (end == 0) {
      return null;
    }
    ByteBuf arrived = sealed;
    if (arrived == null) {
      sealed = arrived = allocator.heapBuffer(Math.max(MIN_RECORD, end));
    } else if (arrived.capacity() < end) {
      arrived.capacity(Math.min(sealedSize, Math.max(end, 2 * arrived.capacity())));
    }
    arrived.writeBytes(in, end - before);
    if (end < sealedSize) {
      return null;
    }
    byte[] whole = Scratch.array();
    arrived.readBytes(whole, 0, sealedSize).clear();
    return whole;
  }

  private static FrameIntegrityException tagMismatch() {
    return new FrameIntegrityException(Reason.TAG_MISMATCH, "a record's tag is wrong");
  }

  /** The last body's buffer, unless somebody has kept a payload of it. */
  private ByteBuf reusableBody(int size) {
    ByteBuf buffer = body;
    if (buffer == null || buffer.refCnt() > 1 || buffer.capacity() < size) {
      releaseBody();
      body = buffer = allocator.heapBuffer(Math.max(MIN_RECORD, size));
    }
    return buffer.clear();
  }

  /** The body of the record that was opened last, a heap buffer, until it is released. */
  ByteBuf body() {
    return Objects.requireNonNull(body, "no record is open");
  }

  /** The size of the body that arrives, which its sender has sealed; 0 as long as it is unknown. */
  int announced() {
    return sealedSize == 0 ? 0 : sealedSize - TAG_SIZE;
  }

  /** Whether a record has started to arrive and is not whole. */
  boolean isInside() {
    return headerSize > 0;
  }

  /** Gives back what arrived of a body, unless one has started to. */
  void idle() {
    ByteBuf arrived = sealed;
    if (arrived != null && !arrived.isReadable()) {
      sealed = null;
      arrived.release();
    }
  }

  /** Gives back what a payload of some size does not need of what has arrived. */
  void trim(int payload) {
    shrink(sealed, payload);
  }

  static void shrink(@Nullable ByteBuf arrived, int payload) {
    if (arrived != null && arrived.capacity() > payload + HEADER_SIZE) {
      arrived.capacity(Math.max(MIN_RECORD, arrived.writerIndex()));
    }
  }

  /** Whether the body's buffer is here, and larger. */
  boolean hasBodyOver(int size) {
    ByteBuf opened = body;
    return opened != null && opened.capacity() > size;
  }

  /** Gives the body's buffer back. */
  void releaseBody() {
    ByteBuf opened = body;
    if (opened != null) {
      body = null;
      opened.release();
    }
  }

  /** Releases what is held and destroys the keys. */
  void destroy() {
    releaseBody();
    ByteBuf arrived = sealed;
    if (arrived != null) {
      sealed = null;
      arrived.release();
    }
    cipher.destroy();
  }
}
