package io.fluxwire.packet;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The codec of raw bytes: each payload is a packet. The connection takes over the buffers that are
 * sent. Received buffers are borrowed: they are released when {@code onNext} returns. Immutable.
 */
public final class RawPacketCodec implements PacketCodec<ByteBuf> {

  private static final int MAX_PAYLOAD = 1 << 20;

  private final int minimum;
  private final boolean tellsErrors;

  RawPacketCodec(int minimum, boolean tellsErrors) {
    this.minimum = minimum;
    this.tellsErrors = tellsErrors;
  }

  /**
   * Allows payloads of 1 to 15 bytes. An attacker between the nodes can delete such a payload
   * without being noticed, which can change the meaning of the payloads after it (protocol.md
   * section 3).
   *
   * @return a codec without the lower bound
   */
  public RawPacketCodec allowShortPayloads() {
    return new RawPacketCodec(1, tellsErrors);
  }

  /**
   * Tells the peer by an {@code error} packet why this side ends the connection (protocol.md
   * section 6). Use this only if the peer's codec reads {@code pkt} messages, for example when this
   * side only forwards payloads: another raw codec would take the error for data.
   *
   * @return a codec that sends errors
   */
  public RawPacketCodec tellErrors() {
    return new RawPacketCodec(minimum, true);
  }

  @Override
  public @Nullable ByteBuf encodeError(String problem, ByteBufAllocator allocator) {
    return tellsErrors ? PacketCodec.pkt().encodeError(problem, allocator) : null;
  }

  /**
   * {@inheritDoc}
   *
   * @throws PacketException with {@link Reason#PAYLOAD_TOO_SHORT} below the lower bound, {@link
   *     Reason#PACKET_UNSENDABLE} over 1 MiB
   */
  @Override
  public ByteBuf encode(ByteBuf packet, ByteBufAllocator allocator) {
    int size = packet.readableBytes();
    if (size < minimum) {
      packet.release();
      throw new PacketException(
          Reason.PAYLOAD_TOO_SHORT,
          ("a raw payload of %d bytes is under %d and could be deleted unseen; pad it, or call "
                  + "allowShortPayloads()")
              .formatted(size, minimum));
    }
    if (size > MAX_PAYLOAD) {
      packet.release();
      throw new PacketException(
          Reason.PACKET_UNSENDABLE,
          "a raw payload of %,d bytes is over 1 MiB; split it".formatted(size));
    }
    return packet;
  }

  @Override
  public ByteBuf decode(ByteBuf payload) {
    return payload;
  }

  @Override
  public String toString() {
    return "PacketCodec[raw]";
  }
}
