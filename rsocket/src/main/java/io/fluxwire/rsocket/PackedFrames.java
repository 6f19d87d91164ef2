package io.fluxwire.rsocket;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * RSocket's frames as packets: each frame follows its length, in three bytes, and several of them
 * share a packet. Zeros fill a packet up to the smallest size, since shorter packets could be
 * deleted without being noticed (protocol.md section 3). A frame has 6 bytes at least, so a length
 * of 0 cannot be that of a frame.
 */
final class PackedFrames {

  /** The bytes of a length. */
  static final int PREFIX = 3;

  /** The largest frame, which has a packet to itself. */
  static final int MAX_FRAME = (1 << 20) - PREFIX;

  /** How large a packet of several frames gets. */
  static final int PACKET = 64 * 1024;

  private PackedFrames() {}

  /** How many bytes a frame takes in a packet. */
  static int size(ByteBuf frame) {
    return PREFIX + frame.readableBytes();
  }

  /**
   * Copies frames into one buffer, which is the fastest to encrypt, and releases them.
   *
   * @param frames released, also when this throws
   * @return the packet, the caller's to release
   */
  static ByteBuf pack(Collection<ByteBuf> frames, ByteBufAllocator allocator) {
    ByteBuf packet = null;
    try {
      int size = frames.stream().mapToInt(PackedFrames::size).sum();
      packet = allocator.heapBuffer(Math.max(size, PacketCodec.MIN_PAYLOAD));
      for (ByteBuf frame : frames) {
        packet.writeMedium(frame.readableBytes()).writeBytes(frame);
      }
      packet.writeZero(Math.max(0, PacketCodec.MIN_PAYLOAD - size));
      return packet;
    } catch (Throwable thrown) {
      if (packet != null) {
        packet.release();
      }
      throw thrown;
    } finally {
      frames.forEach(ByteBuf::release);
    }
  }

  /**
   * Reads the next frame of a packet.
   *
   * @return the next frame, which is a part of the packet; null when there is none left
   * @throws PacketException with {@link Reason#PACKET_MALFORMED} when the packet does not have this
   *     format
   */
  static @Nullable ByteBuf next(ByteBuf packet) {
    int left = packet.readableBytes();
    int length = left < PREFIX ? 0 : packet.readUnsignedMedium();
    if (length == 0) {
      skipFiller(packet, left);
      return null;
    }
    if (length > packet.readableBytes()) {
      throw malformed(
          "a frame of %,d bytes in the last %,d of a packet"
              .formatted(length, packet.readableBytes()));
    }
    return packet.readSlice(length);
  }

  private static void skipFiller(ByteBuf packet, int size) {
    boolean zeros = packet.forEachByte(bite -> bite == 0) < 0;
    if (size >= PacketCodec.MIN_PAYLOAD || !zeros) {
      throw malformed("%,d bytes that are neither a frame nor a filler".formatted(size));
    }
    packet.skipBytes(packet.readableBytes());
  }

  static PacketException malformed(String what) {
    return new PacketException(
        Reason.PACKET_MALFORMED, "the peer did not send RSocket frames: " + what);
  }
}
