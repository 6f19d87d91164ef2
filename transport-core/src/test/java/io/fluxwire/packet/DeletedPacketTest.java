package io.fluxwire.packet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.proto.Pkt;
import io.fluxwire.record.v3.Framing;
import io.fluxwire.testing.BufferRecorder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Why no payload of under 16 bytes is sent (protocol.md section 3). */
class DeletedPacketTest {

  @Test
  void deletedShortPayloadGoesUnseenAndGarblesTheNext() {
    // Together they still fit the block of the second, so that its HMAC verifies.
    List<byte[]> payloads = List.of(Framing.payload(10, 1), Framing.payload(4, 2));
    List<byte[]> frames = Framing.seal(payloads);
    BufferRecorder opened = Framing.open(List.of(frames.get(1)));
    // Caught by the padding only, which there is not always, as below.
    assertThat(opened.error()).hasMessageContaining("padding");

    List<byte[]> full = Framing.seal(List.of(Framing.payload(10, 1), Framing.payload(6, 2)));
    BufferRecorder garbled = Framing.open(List.of(full.get(1)));
    assertThat(garbled.error()).isNull();
    assertThat(garbled.received()).hasSize(1);
    assertThat(garbled.received().get(0)).hasSize(16);
    assertThat(Arrays.copyOf(garbled.received().get(0), 6)).isNotEqualTo(Framing.payload(6, 2));
  }

  @Test
  void deletedPacketOfTheProtobufCodecIsAlwaysSeen() {
    List<byte[]> payloads =
        IntStream.range(0, 20)
            .mapToObj(
                i ->
                    encode(
                        i % 3 == 0
                            ? Pkt.getDefaultInstance()
                            : Pkt.newBuilder()
                                .setError(
                                    io.fluxwire.proto.Error.newBuilder().setProblem("x".repeat(i)))
                                .build()))
            .toList();
    List<byte[]> frames = Framing.seal(payloads);
    for (int first = 0; first < frames.size(); first++) {
      for (int end = first + 1; end < frames.size(); end++) {
        List<byte[]> rest = new ArrayList<>(frames);
        rest.subList(first, end).clear();
        BufferRecorder opened = Framing.open(List.of(Framing.join(rest)));
        Framing.assertRefused(opened);
        assertThat(opened.received()).hasSize(first);
      }
    }
  }

  private static byte[] encode(Pkt packet) {
    ByteBuf payload = PacketCodec.pkt().encode(packet, UnpooledByteBufAllocator.DEFAULT);
    try {
      return ByteBufUtil.getBytes(payload);
    } finally {
      payload.release();
    }
  }
}
