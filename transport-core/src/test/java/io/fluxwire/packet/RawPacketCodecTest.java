package io.fluxwire.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RawPacketCodecTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15})
  void shortPayloadIsRefusedAndReleased(int size) {
    assertRefused(PacketCodec.raw(), size, Reason.PAYLOAD_TOO_SHORT);
  }

  @Test
  void payloadOfSixteenBytesIsPassedAsItIs() {
    ByteBuf packet = Unpooled.wrappedBuffer(new byte[16]);
    assertThat(PacketCodec.raw().encode(packet, packet.alloc())).isSameAs(packet);
    assertThat(packet.refCnt()).isEqualTo(1);
  }

  @Test
  void shortPayloadsAreAllowedByName() {
    ByteBuf packet = Unpooled.wrappedBuffer(new byte[1]);
    assertThat(PacketCodec.raw().allowShortPayloads().encode(packet, packet.alloc()))
        .isSameAs(packet);
  }

  @Test
  void emptyPayloadIsNeverAllowed() {
    assertRefused(PacketCodec.raw().allowShortPayloads(), 0, Reason.PAYLOAD_TOO_SHORT);
  }

  @Test
  void payloadOverOneMebibyteIsRefusedAndReleased() {
    assertRefused(PacketCodec.raw(), (1 << 20) + 1, Reason.PACKET_UNSENDABLE);
  }

  @Test
  void receivedPayloadIsLentAsItIs() {
    ByteBuf payload = Unpooled.wrappedBuffer(new byte[3]);
    assertThat(PacketCodec.raw().decode(payload)).isSameAs(payload);
    assertThat(payload.refCnt()).isEqualTo(1);
  }

  private static void assertRefused(RawPacketCodec codec, int size, Reason reason) {
    ByteBuf packet = Unpooled.buffer(16).writeZero(size);
    assertThatThrownBy(() -> codec.encode(packet, packet.alloc()))
        .isInstanceOfSatisfying(
            PacketException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageContaining("a raw payload of %,d bytes", size);
    assertThat(packet.refCnt()).isZero();
  }
}
