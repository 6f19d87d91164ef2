package io.fluxwire.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnknownFieldSet;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PacketException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.proto.Authenticate;
import io.fluxwire.proto.BitcoinPubkey;
import io.fluxwire.proto.Error;
import io.fluxwire.proto.Pkt;
import io.fluxwire.proto.Signature;
import io.fluxwire.testing.GoldenSessions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.reflect.Proxy;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProtobufPacketCodecTest {

  private static final int FILLER = 127;

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
  private final PacketCodec<Pkt> codec = PacketCodec.pkt();

  @AfterEach
  void everythingIsReleased() {
    assertThat(allocator.metric().usedHeapMemory()).isZero();
  }

  /** No protobuf message has one byte. */
  static IntStream sizes() {
    return IntStream.rangeClosed(0, 40).filter(size -> size != 1);
  }

  // The filler

  @ParameterizedTest
  @MethodSource("sizes")
  void payloadHasSixteenBytesAtLeast(int size) {
    assertThat(encode(ofSize(size)).length).isGreaterThanOrEqualTo(16);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void fillerIsNoLongerThanItHasToBe(int size) {
    assertThat(encode(ofSize(size))).hasSize(size >= 16 ? size : Math.max(16, size + 3));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void fillerIsField127OfZerosAfterThePacket(int size) throws InvalidProtocolBufferException {
    byte[] payload = encode(ofSize(size));
    UnknownFieldSet read = Pkt.parseFrom(payload).getUnknownFields();
    assertThat(ByteString.copyFrom(payload).startsWith(ofSize(size).toByteString())).isTrue();
    if (size >= 16) {
      assertThat(read.hasField(FILLER)).isFalse();
    } else {
      assertThat(read.getField(FILLER).getLengthDelimitedList())
          .containsExactly(ByteString.copyFrom(new byte[Math.max(13 - size, 0)]));
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void plainParserReadsThePacketAndIgnoresTheFiller(int size)
      throws InvalidProtocolBufferException {
    Pkt read = Pkt.parseFrom(encode(ofSize(size)));
    UnknownFieldSet withoutFiller = read.getUnknownFields().toBuilder().clearField(FILLER).build();
    assertThat(read.toBuilder().setUnknownFields(withoutFiller).build()).isEqualTo(ofSize(size));
  }

  @Test
  void fillerIsNotSeenByTheReceiver() {
    DynamicMessage sent = TestPackets.packet(TestPackets.text("a").build());
    byte[] payload = encode(TestPackets.CODEC, sent);
    assertThat(payload).hasSize(16);
    DynamicMessage received = decode(TestPackets.CODEC, payload);
    assertThat(received.getAllFields()).isEqualTo(sent.getAllFields());
  }

  @Test
  void shortPayloadsOfTheOldDialectAreRead() {
    GoldenSessions.directions()
        .flatMap(direction -> direction.from().packets().stream())
        .filter(packet -> packet.what().equals("hello"))
        .forEach(packet -> assertThat(Hello.is(decode(codec, packet.payload().bytes()))).isTrue());
  }

  // What is sent

  @Test
  void packetOfOneMebibyteIsSentAndOneMoreByteIsRefused() {
    assertThat(encode(ofSize(1 << 20))).hasSize(1 << 20);
    assertThat(refusedToSend(codec, ofSize((1 << 20) + 1))).isEqualTo(Reason.PACKET_UNSENDABLE);
  }

  @Test
  void packetThatLacksARequiredFieldIsRefused() {
    DynamicMessage lacking =
        DynamicMessage.newBuilder(TestPackets.PKT)
            .setField(
                TestPackets.PKT.findFieldByName("strict"),
                DynamicMessage.newBuilder(TestPackets.STRICT).buildPartial())
            .buildPartial();
    assertThat(refusedToSend(TestPackets.CODEC, lacking)).isEqualTo(Reason.PACKET_UNSENDABLE);
  }

  // It's OK to be odd

  @ParameterizedTest
  @ValueSource(ints = {1, 39, 41, 127, 1003, 536_870_911})
  void packetOfNothingButOddUnknownFieldsIsSkipped(int number) {
    assertThat(decode(codec, fields(TestPackets.unknown(number)))).isNull();
  }

  @Test
  void emptyPayloadIsSkipped() {
    assertThat(decode(codec, new byte[0])).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 38, 42, 126, 1002, 536_870_910})
  void evenUnknownFieldIsRefusedByName(int number) {
    byte[] payload = fields(TestPackets.unknown(number));
    assertThat(refused(codec, payload)).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
    assertThatThrownBy(() -> decode(codec, payload)).hasMessageContaining("" + number);
  }

  @Test
  void oddUnknownFieldBesideAPacketIsIgnored() {
    Pkt packet = Hello.packet().toBuilder().setUnknownFields(TestPackets.unknown(41)).build();
    assertThat(Hello.is(decode(codec, packet.toByteArray()))).isTrue();
  }

  @Test
  void evenUnknownFieldInsideANestedMessageIsRefused() {
    assertOddAndEven(TestPackets.text("a"));
  }

  @Test
  void evenUnknownFieldDeepDownIsRefused() {
    for (int depth : new int[] {1, 2, 50}) {
      for (int number : new int[] {10, 11}) {
        DynamicMessage text = TestPackets.text("a").setUnknownFields(unknown(number)).build();
        for (int i = 0; i < depth; i++) {
          text =
              TestPackets.text("b")
                  .setField(TestPackets.TEXT.findFieldByName("reply"), text)
                  .build();
        }
        byte[] payload = TestPackets.packet(text).toByteArray();
        if (number == 10) {
          assertThat(refused(TestPackets.CODEC, payload)).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
        } else {
          assertThat(decode(TestPackets.CODEC, payload)).isNotNull();
        }
      }
    }
  }

  @Test
  void evenUnknownFieldInsideAGroupIsRefused() {
    for (int number : new int[] {2, 3}) {
      DynamicMessage part =
          DynamicMessage.newBuilder(TestPackets.PART).setUnknownFields(unknown(number)).build();
      byte[] payload =
          TestPackets.packet(
                  TestPackets.text("a")
                      .addRepeatedField(TestPackets.TEXT.findFieldByName("part"), part)
                      .build())
              .toByteArray();
      if (number == 2) {
        assertThat(refused(TestPackets.CODEC, payload)).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
      } else {
        assertThat(decode(TestPackets.CODEC, payload)).isNotNull();
      }
    }
  }

  @Test
  void evenUnknownGroupIsRefusedAndOddOnesArePassedOverWhole() {
    UnknownFieldSet evenInside = TestPackets.unknown(2);
    assertThat(refused(codec, fields(group(60, evenInside)))).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
    // What is in an unknown message is not ours to judge.
    assertThat(decode(codec, fields(group(61, evenInside)))).isNull();
  }

  @Test
  void packedAndLooseRepeatedFieldsAreKnownInEitherForm() {
    DynamicMessage sent =
        TestPackets.text("a")
            .addRepeatedField(TestPackets.TEXT.findFieldByName("packed"), 1)
            .addRepeatedField(TestPackets.TEXT.findFieldByName("packed"), 2)
            .addRepeatedField(TestPackets.TEXT.findFieldByName("loose"), 3)
            .build();
    assertThat(decode(TestPackets.CODEC, TestPackets.packet(sent).toByteArray())).isNotNull();

    DynamicMessage otherForm =
        TestPackets.text("a")
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(5, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .addField(
                        7,
                        UnknownFieldSet.Field.newBuilder()
                            .addLengthDelimited(ByteString.copyFrom(new byte[] {1, 2}))
                            .build())
                    .build())
            .build();
    assertThat(decode(TestPackets.CODEC, TestPackets.packet(otherForm).toByteArray())).isNotNull();
  }

  @Test
  void fieldsOfPktInsideErrorAreCheckedToo() {
    Pkt packet =
        Pkt.newBuilder()
            .setError(Error.newBuilder().setProblem("x").setUnknownFields(TestPackets.unknown(2)))
            .build();
    assertThat(refused(codec, packet.toByteArray())).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
  }

  // What a packet does

  @Test
  void errorPacketEndsTheConnectionWithItsProblem() {
    Pkt error = Pkt.newBuilder().setError(Error.newBuilder().setProblem("disk full")).build();
    for (PacketCodec<?> any : new PacketCodec<?>[] {codec, TestPackets.CODEC}) {
      assertThatThrownBy(() -> decode(any, error.toByteArray()))
          .isInstanceOfSatisfying(
              ConnectionClosedException.class,
              closed -> {
                assertThat(closed.reason()).isEqualTo(Reason.PEER_ERROR);
                assertThat(closed.problem()).isEqualTo("disk full");
              });
    }
  }

  @Test
  void errorWithoutAProblemEndsTheConnectionToo() {
    Pkt error = Pkt.newBuilder().setError(Error.getDefaultInstance()).build();
    assertThat(refused(codec, error.toByteArray())).isEqualTo(Reason.PEER_ERROR);
  }

  @Test
  void problemIsMadePrintableAndShort() {
    Pkt error =
        Pkt.newBuilder()
            .setError(Error.newBuilder().setProblem("\u001b[2J\n" + "x".repeat(1000)))
            .build();
    Throwable thrown = catchThrowable(() -> decode(codec, error.toByteArray()));
    assertThat(((ConnectionClosedException) thrown).problem())
        .startsWith("\uFFFD[2J\uFFFD")
        .hasSizeLessThan(300);
  }

  @Test
  void helloIsDelivered() {
    assertThat(decode(codec, Hello.packet().toByteArray())).isEqualTo(Hello.packet());
    assertThat(decode(TestPackets.CODEC, Hello.packet().toByteArray())).isNotNull();
  }

  @Test
  void secondAuthenticateIsRefused() {
    byte[] payload = GoldenSessions.all().get(0).a().packets().get(0).payload().bytes();
    assertThat(refused(codec, payload)).isEqualTo(Reason.AUTHENTICATE_REPEATED);
    assertThat(refused(TestPackets.CODEC, payload)).isEqualTo(Reason.AUTHENTICATE_REPEATED);
  }

  @Test
  void secondAuthenticateThatLacksFieldsIsRefusedToo() {
    Pkt lacking =
        Pkt.newBuilder()
            .setAuth(
                Authenticate.newBuilder()
                    .setNodeId(BitcoinPubkey.newBuilder().buildPartial())
                    .setSessionSig(Signature.newBuilder().buildPartial())
                    .buildPartial())
            .buildPartial();
    assertThat(refused(codec, lacking.toByteArray())).isEqualTo(Reason.AUTHENTICATE_REPEATED);
  }

  @Test
  void receivedPacketThatLacksARequiredFieldIsMalformed() {
    DynamicMessage lacking =
        DynamicMessage.newBuilder(TestPackets.PKT)
            .setField(
                TestPackets.PKT.findFieldByName("strict"),
                DynamicMessage.newBuilder(TestPackets.STRICT).buildPartial())
            .buildPartial();
    assertThat(refused(TestPackets.CODEC, lacking.toByteArray()))
        .isEqualTo(Reason.PACKET_MALFORMED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"c2", "c202ff", "00", "07", "0c", "0b", "c2020a0a7f", "ffffffffff"})
  void whatIsNoMessageIsMalformed(String hex) {
    byte[] payload = HexFormat.of().parseHex(hex);
    assertThat(refused(codec, payload)).isEqualTo(Reason.PACKET_MALFORMED);
  }

  @Test
  void directAndSlicedPayloadsAreRead() {
    byte[] hello = Hello.packet().toByteArray();
    ByteBuf direct = Unpooled.directBuffer().writeBytes(hello);
    ByteBuf slice = Unpooled.buffer().writeLong(0).writeBytes(hello).writeLong(0).skipBytes(8);
    assertThat(Hello.is(codec.decode(direct))).isTrue();
    assertThat(Hello.is(codec.decode(slice.writerIndex(8 + hello.length)))).isTrue();
    assertThat(direct.refCnt()).isEqualTo(1);
    direct.release();
  }

  @Test
  void liteMessageNeedsADescriptor() {
    MessageLite lite =
        (MessageLite)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {MessageLite.class},
                (proxy, method, arguments) -> null);
    assertThatThrownBy(() -> PacketCodec.protobuf(lite))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("descriptor");
  }

  private void assertOddAndEven(DynamicMessage.Builder text) {
    byte[] even = TestPackets.packet(text.setUnknownFields(unknown(10)).build()).toByteArray();
    byte[] odd = TestPackets.packet(text.setUnknownFields(unknown(11)).build()).toByteArray();
    assertThat(refused(TestPackets.CODEC, even)).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
    assertThat(decode(TestPackets.CODEC, odd)).isNotNull();
  }

  private static UnknownFieldSet unknown(int number) {
    return TestPackets.unknown(number);
  }

  private static UnknownFieldSet group(int number, UnknownFieldSet content) {
    return UnknownFieldSet.newBuilder()
        .addField(number, UnknownFieldSet.Field.newBuilder().addGroup(content).build())
        .build();
  }

  private static byte[] fields(UnknownFieldSet fields) {
    return fields.toByteArray();
  }

  private static Pkt ofSize(int size) {
    if (size == 0) {
      return Pkt.getDefaultInstance();
    }
    // The tag takes one byte, the length one to three.
    for (int content = Math.max(size - 5, 0); ; content++) {
      Pkt packet =
          Pkt.newBuilder()
              .setUnknownFields(
                  UnknownFieldSet.newBuilder()
                      .addField(
                          1,
                          UnknownFieldSet.Field.newBuilder()
                              .addLengthDelimited(ByteString.copyFrom(new byte[content]))
                              .build())
                      .build())
              .build();
      if (packet.getSerializedSize() == size) {
        return packet;
      }
    }
  }

  private byte[] encode(Pkt packet) {
    return encode(codec, packet);
  }

  private <P extends Message> byte[] encode(PacketCodec<P> any, P packet) {
    ByteBuf payload = any.encode(packet, allocator);
    try {
      return ByteBufUtil.getBytes(payload);
    } finally {
      payload.release();
    }
  }

  private static <P> P decode(PacketCodec<P> any, byte[] payload) {
    return any.decode(Unpooled.wrappedBuffer(payload));
  }

  private <P> Reason refusedToSend(PacketCodec<P> any, P packet) {
    Throwable thrown = catchThrowable(() -> any.encode(packet, allocator));
    assertThat(thrown).isInstanceOf(PacketException.class);
    return ((PeerException) thrown).reason();
  }

  private static Reason refused(PacketCodec<?> any, byte[] payload) {
    Throwable thrown = catchThrowable(() -> decode(any, payload));
    assertThat(thrown).isInstanceOf(PeerException.class);
    return ((PeerException) thrown).reason();
  }

  @Test
  void aCodecSaysWhatItReads() {
    assertThat(PacketCodec.pkt())
        .hasToString("PacketCodec[" + Pkt.getDescriptor().getFullName() + "]");
    assertThat(PacketCodec.raw()).hasToString("PacketCodec[raw]");
  }
}
