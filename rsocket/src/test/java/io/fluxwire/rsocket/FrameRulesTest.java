package io.fluxwire.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.PacketException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.rsocket.frame.CancelFrameCodec;
import io.rsocket.frame.ErrorFrameCodec;
import io.rsocket.frame.KeepAliveFrameCodec;
import io.rsocket.frame.LeaseFrameCodec;
import io.rsocket.frame.MetadataPushFrameCodec;
import io.rsocket.frame.PayloadFrameCodec;
import io.rsocket.frame.RequestChannelFrameCodec;
import io.rsocket.frame.RequestFireAndForgetFrameCodec;
import io.rsocket.frame.RequestNFrameCodec;
import io.rsocket.frame.RequestResponseFrameCodec;
import io.rsocket.frame.RequestStreamFrameCodec;
import io.rsocket.frame.SetupFrameCodec;
import io.rsocket.util.DefaultPayload;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameRulesTest {

  private static final ByteBufAllocator HEAP = UnpooledByteBufAllocator.DEFAULT;

  private static ByteBuf data(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }

  static Stream<ByteBuf> frames() {
    return Stream.of(
        SetupFrameCodec.encode(
            HEAP, false, 1, 1, Unpooled.EMPTY_BUFFER, "", "", DefaultPayload.create("")),
        LeaseFrameCodec.encode(HEAP, 1, 1, null),
        KeepAliveFrameCodec.encode(HEAP, true, 0, Unpooled.EMPTY_BUFFER),
        RequestResponseFrameCodec.encode(HEAP, 1, false, data("m"), data("")),
        RequestFireAndForgetFrameCodec.encode(HEAP, 1, false, null, data("")),
        RequestStreamFrameCodec.encode(HEAP, 1, false, 1, data(""), data("")),
        RequestChannelFrameCodec.encode(HEAP, 1, false, false, 1, null, data("")),
        RequestNFrameCodec.encode(HEAP, 1, 1),
        CancelFrameCodec.encode(HEAP, 1),
        PayloadFrameCodec.encodeComplete(HEAP, 1),
        PayloadFrameCodec.encode(HEAP, 1, false, false, true, data("metadata"), data("data")),
        ErrorFrameCodec.encode(HEAP, 1, new IllegalStateException("")),
        ErrorFrameCodec.encode(HEAP, 0, new IllegalStateException("")),
        MetadataPushFrameCodec.encode(HEAP, data("")));
  }

  @ParameterizedTest
  @MethodSource("frames")
  void whatRSocketWritesIsTaken(ByteBuf frame) {
    assertThat(FrameRules.check(frame)).isTrue();
    assertThat(frame.readerIndex()).isZero();
    frame.release();
  }

  @ParameterizedTest
  @MethodSource("frames")
  void whatIsCutIsRefusedOrStillAFrame(ByteBuf frame) {
    for (int size = 0; size < 6; size++) {
      ByteBuf cut = frame.slice(0, size);
      assertThatThrownBy(() -> FrameRules.check(cut)).isInstanceOf(PacketException.class);
    }
    frame.release();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // A stream below zero; a REQUEST_N of none.
        "80000001 2400",
        "00000000 2000 00000001",
        // REQUEST_N for nothing, and less; cut.
        "00000001 2000 00000000",
        "00000001 2000 ffffffff",
        "00000001 2000 000001",
        // REQUEST_STREAM for nothing, and cut.
        "00000001 1800 00000000",
        "00000001 1800 0000",
        // A payload that is neither the next nor the last; metadata beyond the end.
        "00000001 2800 00",
        "00000001 2920 000005 01",
        "00000001 2920 0000",
        // KEEPALIVE, SETUP and ERROR that are cut; KEEPALIVE on a stream.
        "00000000 0c00 00000000",
        "00000000 0400 00010000",
        "00000001 2c00 0000",
        "00000001 0c00 0000000000000000",
        // Types that do not exist, or not on the wire: 0, 0x0f, 0x3f.
        "00000001 0000",
        "00000001 3c00",
        "00000001 fc00",
      })
  void whatIsNoFrameIsRefused(String bytes) {
    ByteBuf frame = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(bytes.replace(" ", "")));

    assertThatThrownBy(() -> FrameRules.check(frame)).isInstanceOf(PacketException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"000000013e00", "00000001fe00", "00000001 0200"})
  void typesToComeAreLeftOutWhereTheirSenderLetsThem(String bytes) {
    ByteBuf frame = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(bytes.replace(" ", "")));

    assertThat(FrameRules.check(frame)).isFalse();
  }
}
