package io.fluxwire.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.UnknownFieldSet;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.netty.buffer.Unpooled;

/** One unknown field of any number, type and content, at any depth: odd passes, even does not. */
class OddFieldsFuzzTest {

  private static final int MAX_FIELD = (1 << 29) - 1;

  /** Of {@code Text}: 1, 3, 5, 7, 9. */
  private static final int LAST_KNOWN = 9;

  @FuzzTest
  void unknownField(FuzzedDataProvider data) {
    int number = data.consumeInt(LAST_KNOWN + 1, data.consumeBoolean() ? 200 : MAX_FIELD);
    int depth = data.consumeInt(0, 20);
    int at = data.consumeInt(0, depth);
    UnknownFieldSet unknown = UnknownFieldSet.newBuilder().addField(number, content(data)).build();
    DynamicMessage text = null;
    for (int i = depth; i >= 0; i--) {
      DynamicMessage.Builder level = TestPackets.text("level " + i);
      if (text != null) {
        level.setField(TestPackets.TEXT.findFieldByName("reply"), text);
      }
      text =
          level.setUnknownFields(i == at ? unknown : UnknownFieldSet.getDefaultInstance()).build();
    }
    DynamicMessage packet = TestPackets.packet(text);
    byte[] payload = packet.toByteArray();

    if (number % 2 == 1) {
      assertThat(TestPackets.CODEC.decode(Unpooled.wrappedBuffer(payload))).isEqualTo(packet);
    } else {
      Throwable refusal =
          catchThrowable(() -> TestPackets.CODEC.decode(Unpooled.wrappedBuffer(payload)));
      assertThat(refusal)
          .isInstanceOf(PacketException.class)
          .hasMessageContaining("field " + number + " of AppPkt.text" + ".reply".repeat(at) + ",");
      assertThat(((PacketException) refusal).reason()).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
    }
  }

  private static UnknownFieldSet.Field content(FuzzedDataProvider data) {
    UnknownFieldSet.Field.Builder field = UnknownFieldSet.Field.newBuilder();
    return switch (data.consumeInt(0, 4)) {
      case 0 -> field.addVarint(data.consumeLong()).build();
      case 1 -> field.addFixed32(data.consumeInt()).build();
      case 2 -> field.addFixed64(data.consumeLong()).build();
      case 3 -> field.addLengthDelimited(ByteString.copyFrom(data.consumeBytes(100))).build();
      // What is in a field that is passed over is passed over too.
      default -> field.addGroup(TestPackets.unknown(data.consumeInt(1, 100))).build();
    };
  }
}
