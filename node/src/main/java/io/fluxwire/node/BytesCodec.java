package io.fluxwire.node;

import com.google.protobuf.ByteString;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.packet.RawPacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/** Payloads as they are, in packets that may be kept: what is for all peers of a group. */
final class BytesCodec implements PacketCodec<ByteString> {

  private static final RawPacketCodec RAW = PacketCodec.raw().allowShortPayloads().tellErrors();

  @Override
  public ByteBuf encode(ByteString packet, ByteBufAllocator allocator) {
    ByteBuf payload = allocator.heapBuffer(packet.size());
    payload.writeBytes(packet.asReadOnlyByteBuffer());
    return RAW.encode(payload, allocator);
  }

  @Override
  public ByteString decode(ByteBuf payload) {
    byte[] bytes = new byte[payload.readableBytes()];
    payload.getBytes(payload.readerIndex(), bytes);
    return ByteString.copyFrom(bytes);
  }

  @Override
  public boolean sharesPayload() {
    return false;
  }

  @Override
  public @Nullable ByteBuf encodeError(String problem, ByteBufAllocator allocator) {
    return RAW.encodeError(problem, allocator);
  }
}
