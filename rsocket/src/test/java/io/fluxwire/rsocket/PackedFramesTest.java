package io.fluxwire.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackedFramesTest {

  private static ByteBuf hex(String bytes) {
    return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(bytes.replace(" ", "")));
  }

  private static List<String> unpack(ByteBuf packet) {
    List<String> frames = new ArrayList<>();
    for (ByteBuf frame = PackedFrames.next(packet);
        frame != null;
        frame = PackedFrames.next(packet)) {
      frames.add(ByteBufUtil.hexDump(frame));
    }
    return frames;
  }

  private static ByteBuf pack(ByteBuf... frames) {
    return PackedFrames.pack(List.of(frames), ByteBufAllocator.DEFAULT);
  }

  @Test
  void isLaidOutAsDocumented() {
    ByteBuf packet = pack(hex("000000012400"));

    assertThat(ByteBufUtil.hexDump(packet)).isEqualTo("000006" + "000000012400" + "00000000000000");
    packet.release();
  }

  @Test
  void givesBackEveryFrameOfAnySize() {
    for (int size = 6; size < 40; size++) {
      ByteBuf[] frames =
          IntStream.range(0, 3).mapToObj(i -> Unpooled.buffer()).toArray(ByteBuf[]::new);
      for (ByteBuf frame : frames) {
        frame.writeBytes(new byte[size]);
      }
      String each = ByteBufUtil.hexDump(frames[0]);
      ByteBuf one = pack(frames[0].copy());
      ByteBuf three = pack(frames);

      assertThat(one.readableBytes()).isGreaterThanOrEqualTo(PacketCodec.MIN_PAYLOAD);
      assertThat(unpack(one)).containsExactly(each);
      assertThat(unpack(three)).containsExactly(each, each, each);
      assertThat(frames).allSatisfy(frame -> assertThat(frame.refCnt()).isZero());
      one.release();
      three.release();
    }
  }

  @Test
  void theLargestFrameFillsTheLargestPacket() {
    ByteBuf packet = pack(Unpooled.buffer().writeZero(PackedFrames.MAX_FRAME));

    assertThat(packet.readableBytes()).isEqualTo(1 << 20);
    packet.release();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // A length beyond the end, and the same behind a whole frame.
        "000020 000000012400 00000000000000",
        "000006 000000012400 000007 00000001",
        // Fillers that are none.
        "000006 000000012400 00000000000001",
        "000006 000000012400 01",
        "00000000000000000000000000000000",
        "000006 000000012400 00000000000000000000000000000000",
      })
  void takesNothingElse(String bytes) {
    assertThatThrownBy(() -> unpack(hex(bytes)))
        .isInstanceOfSatisfying(
            PacketException.class, e -> assertThat(e.reason()).isEqualTo(Reason.PACKET_MALFORMED));
  }
}
