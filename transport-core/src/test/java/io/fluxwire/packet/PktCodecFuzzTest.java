package io.fluxwire.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.v3.Framing;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.jspecify.annotations.Nullable;

/** Any payload as a {@code Pkt}: the old hello, nothing at all, or a typed refusal. */
class PktCodecFuzzTest {

  private static final PacketCodec<Pkt> CODEC = PacketCodec.pkt();

  private record Outcome(@Nullable Pkt packet, @Nullable Reason refusal) {}

  @FuzzTest
  void decode(byte[] payload) {
    Outcome outcome = decode(Unpooled.wrappedBuffer(payload));
    ByteBuf direct = Unpooled.directBuffer(payload.length).writeBytes(payload);
    try {
      assertThat(decode(direct)).isEqualTo(outcome);
    } finally {
      direct.release();
    }
    Pkt packet = outcome.packet();
    if (packet == null) {
      return;
    }
    assertThat(Hello.is(packet)).as("nothing else is for an application").isTrue();
    UnpooledByteBufAllocator allocator = Framing.allocator();
    ByteBuf encoded = CODEC.encode(packet, allocator);
    try {
      assertThat(encoded.readableBytes()).isBetween(PacketCodec.MIN_PAYLOAD, payload.length + 16);
      assertThat(Hello.is(CODEC.decode(encoded))).isTrue();
    } finally {
      encoded.release();
    }
    assertThat(allocator.metric().usedHeapMemory()).isZero();
  }

  private static Outcome decode(ByteBuf payload) {
    try {
      return new Outcome(CODEC.decode(payload), null);
    } catch (PeerException e) {
      return new Outcome(null, e.reason());
    }
  }
}
