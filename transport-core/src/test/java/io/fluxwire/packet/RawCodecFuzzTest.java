package io.fluxwire.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.record.v3.Framing;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;

/** Raw bytes of any size go through as they are, or are refused by their size, and released. */
class RawCodecFuzzTest {

  @FuzzTest
  void encodeThenDecode(FuzzedDataProvider data) {
    boolean allowsShort = data.consumeBoolean();
    int skipped = data.consumeInt(0, 32);
    int zeros = data.consumeBoolean() ? data.consumeInt(0, Frames.MAX_PAYLOAD + 32) : 0;
    byte[] bytes = data.consumeRemainingAsBytes();
    RawPacketCodec codec = allowsShort ? PacketCodec.raw().allowShortPayloads() : PacketCodec.raw();
    UnpooledByteBufAllocator allocator = Framing.allocator();
    ByteBuf packet = allocator.heapBuffer().writeZero(skipped).writeBytes(bytes).writeZero(zeros);
    packet.skipBytes(skipped);
    byte[] content = ByteBufUtil.getBytes(packet);
    int least = allowsShort ? 1 : PacketCodec.MIN_PAYLOAD;
    try {
      ByteBuf payload = codec.encode(packet, allocator);
      assertThat(content.length).isBetween(least, Frames.MAX_PAYLOAD);
      assertThat(ByteBufUtil.getBytes(codec.decode(payload))).isEqualTo(content);
      payload.release();
    } catch (PacketException e) {
      assertThat(e.reason())
          .isEqualTo(content.length < least ? Reason.PAYLOAD_TOO_SHORT : Reason.PACKET_UNSENDABLE);
    }
    assertThat(allocator.metric().usedHeapMemory()).isZero();
  }
}
