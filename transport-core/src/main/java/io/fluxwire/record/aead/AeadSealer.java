package io.fluxwire.record.aead;

import static io.fluxwire.crypto.Aead.TAG_SIZE;
import static io.fluxwire.record.aead.AeadRecords.MAX_PACKET;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.AeadCipher;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.ControlSealer;
import io.fluxwire.record.RecordSealer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of one sending direction. Frames gather in the body of one record, which is sealed when
 * it is full, or at a flush.
 */
final class AeadSealer implements RecordSealer, ControlSealer {

  /** The bytes of a record beside its body. */
  static final int OVERHEAD = Short.BYTES + TAG_SIZE + TAG_SIZE;

  /** A flush of this many bytes takes no more small packets: more would leave the cache. */
  private static final int CAPACITY = 128 * 1024;

  /** A flush of this many bytes takes no more large packets. */
  private static final int ENOUGH = 256 * 1024;

  /** Up to this many bytes, the transport copies a record more cheaply than this would. */
  private static final int SMALL = 4 * 1024;

  private static final int MIN_BODY = 256;

  /** A part is not smaller, since the peer has to put parts together. */
  private static final int MIN_PART = 1024;

  private static final byte[] NO_TAIL = {};
  private static final byte[] ROTATE = {Tlv.ROTATE, 0};

  /** What a body holds at most, so that {@link #ROTATE} always finds room. */
  private static final int MAX_FRAMES = Tlv.MAX_BODY - ROTATE.length;

  private static final int MAX_WHOLE = MAX_FRAMES - 4;

  private enum State {
    OPEN,
    /** END is added: nothing follows it. */
    ENDED,
    DESTROYED
  }

  private final AeadCipher cipher;
  private final ByteBufAllocator allocator;
  private final Sealing sealing;
  private final long rotationNanos;
  private final byte[] length = new byte[Short.BYTES];

  /** The records that are sealed and not taken. */
  private final List<ByteBuf> records = new ArrayList<>();

  private int sealedBytes;

  /** The frames that are not sealed yet; none while nothing is pending. */
  private @Nullable ByteBuf body;

  /** How large the last body was, which the next one will likely be. */
  private int expected = MIN_BODY;

  private long keyedAt;
  private State state = State.OPEN;

  AeadSealer(AeadCipher cipher, ByteBufAllocator allocator, Sealing sealing) {
    this.cipher = cipher;
    this.allocator = allocator;
    this.sealing = sealing;
    this.rotationNanos = sealing.rotation().toNanos();
    this.keyedAt = sealing.nanoTime().getAsLong();
  }

  @Override
  public ControlSealer control() {
    return this;
  }

  @Override
  public int maxPayload() {
    return MAX_PACKET;
  }

  @Override
  public boolean hasRoomFor(int payload) {
    int pending = pending();
    return pending == 0
        || (payload > SMALL ? pending < ENOUGH : pending + payload + OVERHEAD <= CAPACITY);
  }

  @Override
  public int pending() {
    ByteBuf frames = body;
    return frames == null || !frames.isReadable()
        ? sealedBytes
        : sealedBytes + OVERHEAD + sealing.padding().target(frames.readableBytes());
  }

  @Override
  public void add(ByteBuf payload) {
    try {
      int size = payload.readableBytes();
      check(size);
      if (size <= MAX_WHOLE) {
        // Not in parts, which the peer would have to copy.
        room(Tlv.size(size));
      } else {
        size = addParts(payload, size);
      }
      addFrame(Tlv.PACKET, payload, size);
    } finally {
      payload.release();
    }
  }

  private void check(int size) {
    checkOpen();
    if (size == 0) {
      throw new PacketException(Reason.PAYLOAD_TOO_SHORT, "a payload is never empty");
    }
    if (size > MAX_PACKET) {
      throw new PacketException(
          Reason.PACKET_UNSENDABLE,
          "a payload of %,d bytes is over 1 MiB; split it".formatted(size));
    }
  }

  private void checkOpen() {
    if (state != State.OPEN) {
      throw new IllegalStateException("this direction has ended");
    }
  }

  /** Fills records with parts; returns how much is left for the last one. */
  private int addParts(ByteBuf payload, int size) {
    int left = size;
    room(MIN_PART);
    while (left > MAX_FRAMES - pendingFrames() - 4) {
      int part = MAX_FRAMES - pendingFrames() - 4;
      addFrame(Tlv.PART, payload, part);
      left -= part;
      seal(lastFrame());
    }
    return left;
  }

  private void addFrame(int type, ByteBuf value, int size) {
    ByteBuf frames = frames();
    Tlv.writeHead(frames, type, size);
    frames.writeBytes(value, size);
  }

  private int pendingFrames() {
    ByteBuf frames = body;
    return frames == null ? 0 : frames.readableBytes();
  }

  /** Makes sure that so many bytes of frames fit: seals those that are there if need be. */
  private void room(int size) {
    if (pendingFrames() + size > MAX_FRAMES) {
      seal(lastFrame());
    }
  }

  private ByteBuf frames() {
    ByteBuf frames = body;
    if (frames == null) {
      body = frames = allocator.heapBuffer(expected, Tlv.MAX_BODY);
    }
    return frames;
  }

  @Override
  public void ready() {
    addFrame(Tlv.READY);
  }

  @Override
  public void ping(long value) {
    addFrame(Tlv.PING, value);
  }

  @Override
  public void pong(long value) {
    addFrame(Tlv.PONG, value);
  }

  @Override
  public void channel(ChannelFrame frame) {
    byte[] value = frame.toBytes();
    checkOpen();
    room(Tlv.size(value.length));
    addFrame(Tlv.CHANNEL, Unpooled.wrappedBuffer(value), value.length);
  }

  @Override
  public void acknowledge(long next) {
    int size = Tlv.varintSize(next);
    checkOpen();
    room(Tlv.size(size));
    ByteBuf frames = frames();
    Tlv.writeHead(frames, Tlv.ACK, size);
    Tlv.writeVarint(frames, next);
  }

  @Override
  public void keepAwake() {
    addFrame(Tlv.PADDING);
  }

  private void addFrame(int type) {
    checkOpen();
    room(Tlv.size(0));
    Tlv.writeHead(frames(), type, 0);
  }

  private void addFrame(int type, long value) {
    checkOpen();
    room(Tlv.size(Long.BYTES));
    ByteBuf frames = frames();
    Tlv.writeHead(frames, type, Long.BYTES);
    frames.writeLong(value);
  }

  @Override
  public void rotate() {
    checkOpen();
    seal(ROTATE);
  }

  @Override
  public void end(@Nullable String problem) {
    checkOpen();
    byte[] tail = endFrame(problem);
    room(tail.length);
    seal(tail);
    state = State.ENDED;
  }

  private static byte[] endFrame(@Nullable String problem) {
    byte[] text = problem == null ? new byte[0] : cut(problem.getBytes(StandardCharsets.UTF_8));
    ByteBuf frame = Unpooled.buffer(Tlv.size(1 + Tlv.MAX_TEXT));
    Tlv.writeHead(frame, Tlv.END, 1 + text.length);
    frame.writeByte(problem == null ? 0 : 1).writeBytes(text);
    return Arrays.copyOf(frame.array(), frame.readableBytes());
  }

  private static byte[] cut(byte[] text) {
    if (text.length <= Tlv.MAX_TEXT) {
      return text;
    }
    int end = Tlv.MAX_TEXT;
    while ((text[end] & 0xc0) == 0x80) {
      end--;
    }
    return Arrays.copyOf(text, end);
  }

  /** What the record at hand ends with: ROTATE, if the keys are old. */
  private byte[] lastFrame() {
    return sealing.nanoTime().getAsLong() - keyedAt >= rotationNanos ? ROTATE : NO_TAIL;
  }

  /** Seals the body into a record behind those that wait. */
  private void seal(byte[] tail) {
    int size = sealToScratch(tail);
    records.add(allocator.ioBuffer(size).writeBytes(Scratch.array(), 0, size));
    sealedBytes += size;
  }

  /**
   * Seals the body, with a frame that goes behind all others and their padding, into {@link
   * Scratch}. Returns the record's size.
   */
  private int sealToScratch(byte[] tail) {
    ByteBuf frames = frames();
    int size = frames.readableBytes() + tail.length;
    pad(frames, sealing.padding().target(size) - size);
    frames.writeBytes(tail);
    size = frames.readableBytes();
    byte[] record = Scratch.array();
    length[0] = (byte) (size >> Byte.SIZE);
    length[1] = (byte) size;
    cipher.seal(length, 0, Short.BYTES, record, 0);
    cipher.seal(frames.array(), frames.arrayOffset(), size, record, Short.BYTES + TAG_SIZE);
    if (tail == ROTATE || cipher.isUsedUp()) {
      cipher.rotate();
      keyedAt = sealing.nanoTime().getAsLong();
    }
    expected = Math.max(MIN_BODY, size);
    frames.clear();
    return size + OVERHEAD;
  }

  private static void pad(ByteBuf frames, int size) {
    int left = size;
    // No single frame has a size at which its length would just need one more byte.
    if (left > 2 && Tlv.size(left - 1 - Tlv.varintSize(left - 2)) != left) {
      Tlv.writeHead(frames, Tlv.PADDING, 0);
      left -= 2;
    }
    if (left > 0) {
      int value = left - 1 - Tlv.varintSize(left - 2);
      Tlv.writeHead(frames, Tlv.PADDING, value);
      frames.writeZero(value);
    }
  }

  @Override
  public ByteBuf flush() {
    ByteBuf all = take();
    releaseBody();
    return all;
  }

  private ByteBuf take() {
    if (pendingFrames() > 0) {
      if (records.isEmpty() && pending() <= SMALL) {
        int size = sealToScratch(lastFrame());
        return allocator.heapBuffer(size).writeBytes(Scratch.array(), 0, size);
      }
      seal(lastFrame());
    }
    ByteBuf all =
        switch (records.size()) {
          case 0 -> Unpooled.EMPTY_BUFFER;
          case 1 -> records.get(0);
          default -> allocator.compositeBuffer(records.size()).addComponents(true, records);
        };
    records.clear();
    sealedBytes = 0;
    return all;
  }

  /** An idle connection holds none: pooled ones come back as cheaply as they were kept. */
  private void releaseBody() {
    ByteBuf frames = body;
    if (frames != null) {
      body = null;
      frames.release();
    }
  }

  @Override
  public void destroy() {
    state = State.DESTROYED;
    records.forEach(ByteBuf::release);
    records.clear();
    sealedBytes = 0;
    releaseBody();
    cipher.destroy();
  }
}
