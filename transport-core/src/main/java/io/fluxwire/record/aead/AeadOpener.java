package io.fluxwire.record.aead;

import static io.fluxwire.record.aead.AeadRecords.MAX_PACKET;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.AeadCipher;
import io.fluxwire.record.ControlListener;
import io.fluxwire.record.RecordOpener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The state of one receiving direction: its records, the body of the last of them, whose frames are
 * handled one by one, and the packet that goes on in the next frame.
 */
final class AeadOpener implements RecordOpener {

  private static final int MIN_BODY = 2;

  private enum State {
    /** Nothing but READY or END may come. */
    READY_EXPECTED,
    OPEN,
    /** END was read, which says that all is well. */
    ENDED
  }

  private final AeadCipher cipher;
  private final ByteBufAllocator allocator;
  private final SealedRecords records;
  private final TlvCursor frames = new TlvCursor();
  private final @Nullable ChannelFrames channel;
  private ControlListener listener = ControlListener.NONE;
  private State state;

  /** The parts of a packet that goes on. */
  private @Nullable ByteBuf packet;

  /** The listener wants no more before the next call. */
  private boolean paused;

  /**
   * Opens one direction.
   *
   * @param channel null where no channel was negotiated: its frames are unknown then
   */
  AeadOpener(
      AeadCipher cipher,
      ByteBufAllocator allocator,
      ReadyRule ready,
      @Nullable ChannelFrames channel) {
    this.cipher = cipher;
    this.allocator = allocator;
    this.records = new SealedRecords(cipher, allocator, MIN_BODY);
    this.channel = channel;
    this.state = ready == ReadyRule.EXPECTED ? State.READY_EXPECTED : State.OPEN;
  }

  @Override
  public void listener(ControlListener told) {
    listener = told;
  }

  @Override
  public @Nullable ByteBuf next(ByteBuf in) {
    paused = false;
    do {
      while (frames.hasNext()) {
        ByteBuf payload = handleFrame();
        if (payload != null || paused) {
          return payload;
        }
      }
      if (state == State.ENDED) {
        in.skipBytes(in.readableBytes());
        return null;
      }
    } while (openRecord(in));
    return null;
  }

  private boolean openRecord(ByteBuf in) {
    if (!records.open(in)) {
      return false;
    }
    listener.onRecord();
    ByteBuf body = records.body();
    frames.begin(body.array(), body.arrayOffset(), body.readableBytes());
    return true;
  }

  private @Nullable ByteBuf handleFrame() {
    frames.next();
    long type = frames.type();
    ByteBuf payload = isKnown(type) ? handleKnown((int) type) : passOver(type);
    if (!frames.hasNext() && (type == Tlv.ROTATE || cipher.isUsedUp())) {
      cipher.rotate();
    }
    return payload;
  }

  private boolean isKnown(long type) {
    return (type >= 0 && type <= Tlv.ROTATE) || (channel != null && ChannelFrames.has(type));
  }

  private @Nullable ByteBuf handleKnown(int type) {
    if (type == Tlv.PADDING) {
      return null;
    }
    if (state == State.READY_EXPECTED && type != Tlv.READY && type != Tlv.END) {
      throw misplaced("the first frame is of type " + type + ", not READY or END");
    }
    ChannelFrames ofChannel = channel;
    if (ofChannel != null) {
      ofChannel.check(type);
      if (ChannelFrames.has(type)) {
        return ofChannel(type, ofChannel);
      }
    }
    return switch (type) {
      case Tlv.PACKET -> packet();
      case Tlv.PART -> part();
      case Tlv.PING -> ping();
      case Tlv.PONG -> pong();
      case Tlv.END -> end();
      case Tlv.READY -> ready();
      case Tlv.ROTATE -> rotate();
      default -> passOver(type);
    };
  }

  private @Nullable ByteBuf ofChannel(int type, ChannelFrames ofChannel) {
    if (type == Tlv.CHANNEL) {
      byte[] value = new byte[frames.length()];
      ByteBuf whole = records.body();
      whole.getBytes(frames.start() - whole.arrayOffset(), value);
      ofChannel.channel(value, listener);
    } else {
      ofChannel.acknowledged(frames, listener);
    }
    return null;
  }

  private static @Nullable ByteBuf passOver(long type) {
    if ((type & 1) == 0) {
      throw new FrameIntegrityException(
          Reason.UNKNOWN_EVEN_FRAME,
          "a frame has the unknown even type " + Long.toUnsignedString(type));
    }
    return null;
  }

  private ByteBuf packet() {
    ByteBuf parts = packet;
    if (parts != null) {
      append(parts);
      packet = null;
      return parts;
    }
    if (frames.length() == 0) {
      throw TlvCursor.malformed("an empty packet ends no parts");
    }
    ByteBuf whole = records.body();
    return whole.retainedSlice(frames.start() - whole.arrayOffset(), frames.length());
  }

  private @Nullable ByteBuf part() {
    if (frames.length() == 0) {
      throw TlvCursor.malformed("a part is empty");
    }
    ByteBuf parts = packet;
    if (parts == null) {
      packet =
          parts = allocator.heapBuffer(Math.max(SealedRecords.MIN_RECORD, 2 * frames.length()));
    }
    append(parts);
    return null;
  }

  private void append(ByteBuf parts) {
    int size = parts.readableBytes() + frames.length();
    if (size > MAX_PACKET) {
      throw new FrameIntegrityException(
          Reason.PAYLOAD_TOO_LARGE,
          "the parts of a packet have %,d bytes so far, more than 1 MiB".formatted(size));
    }
    if (parts.capacity() < size) {
      // A packet of many parts is copied a few times, not with each part.
      parts.capacity(Math.min(MAX_PACKET, 2 * size));
    }
    ByteBuf whole = records.body();
    parts.writeBytes(whole, frames.start() - whole.arrayOffset(), frames.length());
  }

  private @Nullable ByteBuf ping() {
    paused = !listener.onPing(echo());
    return null;
  }

  private @Nullable ByteBuf pong() {
    listener.onPong(echo());
    return null;
  }

  private long echo() {
    if (frames.length() != Long.BYTES) {
      throw TlvCursor.malformed("a ping or pong has 8 bytes, not " + frames.length());
    }
    ByteBuf whole = records.body();
    return whole.getLong(frames.start() - whole.arrayOffset());
  }

  private ByteBuf ready() {
    if (state != State.READY_EXPECTED) {
      throw misplaced("READY came where none is expected");
    }
    requireEmpty("READY");
    state = State.OPEN;
    return Unpooled.EMPTY_BUFFER;
  }

  private @Nullable ByteBuf rotate() {
    requireEmpty("ROTATE");
    if (frames.hasNext()) {
      throw misplaced("ROTATE is not the last frame of its record");
    }
    return null;
  }

  private void requireEmpty(String what) {
    if (frames.length() != 0) {
      throw TlvCursor.malformed(what + " is not empty");
    }
  }

  private static FrameIntegrityException misplaced(String how) {
    return new FrameIntegrityException(Reason.FRAME_MISPLACED, how);
  }

  private @Nullable ByteBuf end() {
    if (packet != null) {
      throw new ConnectionClosedException(
          Reason.STREAM_TRUNCATED, "the peer ended the session inside a packet");
    }
    long reason = frames.length() == 0 ? 1 : frames.takeVarint();
    String text = text();
    if (reason != 0 || text == null) {
      throw ConnectionClosedException.byPeer(text == null ? "" : text);
    }
    if (state == State.READY_EXPECTED) {
      throw closedBeforeReady();
    }
    state = State.ENDED;
    frames.stop();
    return null;
  }

  /** Null for one that is too long or not UTF-8. */
  private @Nullable String text() {
    if (frames.length() > Tlv.MAX_TEXT) {
      return null;
    }
    ByteBuf whole = records.body();
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(whole.array(), frames.start(), frames.length()))
          .toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  private static ConnectionClosedException closedBeforeReady() {
    return new ConnectionClosedException(
        Reason.CLOSED_BEFORE_READY,
        "the peer refused this side without a word, or the connection was cut, before READY");
  }

  @Override
  public boolean hasNext() {
    return paused || frames.hasNext();
  }

  @Override
  public boolean isEnded() {
    return state == State.ENDED;
  }

  @Override
  public int announced() {
    // Room is asked for once for each packet, and nobody has told how large this one becomes.
    return packet == null ? 0 : MAX_PACKET;
  }

  @Override
  public boolean isInsideRecord() {
    return state != State.ENDED && (records.isInside() || packet != null);
  }

  @Override
  public void inputEnded() {
    switch (state) {
      case READY_EXPECTED -> throw closedBeforeReady();
      case OPEN ->
          throw new ConnectionClosedException(
              Reason.STREAM_TRUNCATED,
              "the connection was lost or cut: the stream ended without the peer's END");
      case ENDED -> {}
    }
  }

  @Override
  public void idle() {
    if (!frames.hasNext()) {
      releaseBody();
    }
    records.idle();
  }

  @Override
  public void trim(int payload) {
    if (records.hasBodyOver(payload) && !frames.hasNext()) {
      releaseBody();
    }
    records.trim(payload);
    SealedRecords.shrink(packet, payload);
  }

  private void releaseBody() {
    frames.stop();
    records.releaseBody();
  }

  @Override
  public void destroy() {
    frames.stop();
    records.destroy();
    ByteBuf parts = packet;
    if (parts != null) {
      packet = null;
      parts.release();
    }
  }
}
