package io.fluxwire.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The check on the wire agrees with what protobuf's own parser makes of the same bytes. */
class AppCodecFuzzTest {

  private static final Set<Reason> REFUSALS =
      Set.of(
          Reason.PACKET_MALFORMED,
          Reason.UNKNOWN_EVEN_FIELD,
          Reason.AUTHENTICATE_REPEATED,
          Reason.PEER_ERROR);

  @FuzzTest
  void decode(byte[] payload) {
    @Nullable DynamicMessage parsed = parse(payload);
    DynamicMessage packet;
    try {
      packet = TestPackets.CODEC.decode(Unpooled.wrappedBuffer(payload));
    } catch (PeerException e) {
      assertThat(e.reason()).isIn(REFUSALS);
      // Protobuf's parser overlooks that a number goes on after its tenth byte; nobody writes that.
      boolean overlong =
          e.reason() == Reason.PACKET_MALFORMED
              && parsed != null
              && !Arrays.equals(parsed.toByteArray(), payload);
      if (parsed != null && !overlong) {
        assertThat(e.reason()).isEqualTo(expected(parsed));
      }
      return;
    }

    assertThat(parsed).as("protobuf parses it too").isNotNull();
    assertThat(expected(parsed)).isIn(null, Reason.PEER_ERROR);
    if (packet == null) {
      assertThat(parsed.getAllFields()).isEmpty();
    } else {
      assertThat(packet).isEqualTo(parsed);
    }
  }

  private static @Nullable DynamicMessage parse(byte[] payload) {
    try {
      return DynamicMessage.getDefaultInstance(TestPackets.PKT)
          .getParserForType()
          .parseFrom(payload);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  private static @Nullable Reason expected(Message packet) {
    if (requiresMore(packet)) {
      return Reason.UNKNOWN_EVEN_FIELD;
    }
    if (packet.hasField(TestPackets.PKT.findFieldByName("auth"))) {
      return Reason.AUTHENTICATE_REPEATED;
    }
    return packet.hasField(TestPackets.PKT.findFieldByName("error")) ? Reason.PEER_ERROR : null;
  }

  /** Whether there is an unknown even field, at any depth. */
  private static boolean requiresMore(Message message) {
    return message.getUnknownFields().asMap().keySet().stream().anyMatch(number -> number % 2 == 0)
        || message.getAllFields().values().stream()
            .flatMap(
                value -> value instanceof List<?> list ? list.stream() : List.of(value).stream())
            .anyMatch(value -> value instanceof Message inner && requiresMore(inner));
  }
}
