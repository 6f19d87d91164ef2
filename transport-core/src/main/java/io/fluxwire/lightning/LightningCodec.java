package io.fluxwire.lightning;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The codec of Lightning messages: raw bytes of which the first two are the type, big-endian, as
 * BOLT 1 has them. Sent buffers are taken over. Received ones are borrowed: released when {@code
 * onNext} returns.
 *
 * <p>An {@code error} or a {@code warning} of the peer's about the whole connection, that is with a
 * channel id of zeros, ends the connection with {@link Reason#PEER_ERROR} and its text. One about a
 * channel is the application's message. Where this side ends a connection for the peer's fault, or
 * by {@link io.fluxwire.PeerConnection#closeWithError}, it says why by an {@code error}. Immutable.
 */
public final class LightningCodec implements PacketCodec<ByteBuf> {

  private static final int TYPE = Short.BYTES;
  private static final int CHANNEL_ID = 32;
  private static final int MAX_TEXT = 1_024;

  private final boolean endsByWarnings;

  private LightningCodec(boolean endsByWarnings) {
    this.endsByWarnings = endsByWarnings;
  }

  /**
   * The codec.
   *
   * @return one by which warnings end a connection as errors do
   */
  public static LightningCodec create() {
    return new LightningCodec(true);
  }

  /**
   * Leaves warnings to the application, as messages: for whoever goes on after them.
   *
   * @return a copy
   */
  public LightningCodec tolerateWarnings() {
    return new LightningCodec(false);
  }

  /**
   * {@inheritDoc}
   *
   * @throws PacketException with {@link Reason#PAYLOAD_TOO_SHORT} when it has no type
   */
  @Override
  public ByteBuf encode(ByteBuf message, ByteBufAllocator allocator) {
    int size = message.readableBytes();
    if (size < TYPE) {
      message.release();
      throw new PacketException(
          Reason.PAYLOAD_TOO_SHORT,
          "a Lightning message begins with a type of 2 bytes, and this one has " + size);
    }
    return message;
  }

  /**
   * {@inheritDoc}
   *
   * @throws PacketException with {@link Reason#PACKET_MALFORMED} when it has no type, or is an
   *     error or a warning that is not whole
   * @throws ConnectionClosedException with {@link Reason#PEER_ERROR} when it ends the connection
   */
  @Override
  public ByteBuf decode(ByteBuf payload) {
    int type = MessageType.of(payload);
    if (type == MessageType.ERROR || (type == MessageType.WARNING && endsByWarnings)) {
      requireGoingOn(type, payload);
    }
    return payload;
  }

  private static void requireGoingOn(int type, ByteBuf message) {
    int head = TYPE + CHANNEL_ID + Short.BYTES;
    int start = message.readerIndex();
    int size = message.readableBytes();
    if (size < head || size < head + message.getUnsignedShort(start + TYPE + CHANNEL_ID)) {
      throw new PacketException(Reason.PACKET_MALFORMED, "an error or a warning ends early");
    }
    for (int i = 0; i < CHANNEL_ID; i++) {
      if (message.getByte(start + TYPE + i) != 0) {
        return;
      }
    }
    int length = Math.min(MAX_TEXT, message.getUnsignedShort(start + TYPE + CHANNEL_ID));
    String text = message.toString(start + head, length, StandardCharsets.UTF_8);
    throw ConnectionClosedException.byPeer(type == MessageType.WARNING ? "warning: " + text : text);
  }

  @Override
  public ByteBuf encodeError(String problem, ByteBufAllocator allocator) {
    byte[] text = problem.getBytes(StandardCharsets.UTF_8);
    byte[] said = text.length > MAX_TEXT ? Arrays.copyOf(text, MAX_TEXT) : text;
    return allocator
        .heapBuffer(TYPE + CHANNEL_ID + Short.BYTES + said.length)
        .writeShort(MessageType.ERROR)
        .writeZero(CHANNEL_ID)
        .writeShort(said.length)
        .writeBytes(said);
  }

  @Override
  public String toString() {
    return "PacketCodec[Lightning messages]";
  }
}
