package io.fluxwire.record.aead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.ControlSealer;
import io.fluxwire.record.Incarnation;
import io.fluxwire.record.RecordSealer;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CHANNEL and ACK among the other frames (protocol.md section 10). */
class ChannelRulesTest {

  private static final String OWN = "000102030405060708090a0b0c0d0e0f";
  private static final ChannelFrame SAID =
      new ChannelFrame("chat", Incarnation.of(Sealed.hex(OWN)), Incarnation.NONE, 7, 300, 1);
  private static final String FRAME =
      "0a29" + "0463686174" + OWN + "00000000000000000000000000000000" + "07" + "ac02" + "01";
  private static final String PACKET = "0201aa";
  private static final String END = "060100";

  private static Sealed.Opened open(ReadyRule ready, List<byte[]> pieces) {
    return Sealed.open(Aead.AES_128_GCM, Sealed.secret(), ready, SessionParameters.CHANNEL, pieces);
  }

  private static Sealed.Opened open(String... bodies) {
    Sealed.Forger forger = new Sealed.Forger();
    List<byte[]> records = new ArrayList<>();
    for (String body : bodies) {
      records.add(forger.record(Sealed.hex(body)));
    }
    return open(ReadyRule.REFUSED, List.of(Sealed.join(records)));
  }

  @Test
  void bothAreHeardInOrderWithThePacketsAroundThem() {
    Sealed.Opened opened =
        open(FRAME + "0c0107" + PACKET, "0c0108" + "0201bb" + "0c03808001", "0201cc" + END);
    assertThat(opened.ofChannel).containsExactly(SAID, 7L, "aa", 8L, "bb", 16_384L, "cc");
    assertThat(opened.ended).isTrue();
  }

  @Test
  void anAcknowledgementMayComeBetweenTwoParts() {
    Sealed.Opened opened = open(FRAME + "0401aa" + "0c0107" + "0201bb" + END);
    assertThat(opened.ofChannel).containsExactly(SAID, 7L, "aabb");
  }

  @Test
  void theStreamMayBeCutAnywhere() {
    Sealed.Forger forger = new Sealed.Forger();
    byte[] stream =
        Sealed.join(
            List.of(
                forger.record(Sealed.hex("0700" + FRAME)),
                forger.record(Sealed.hex(PACKET + "0c0109" + END))));
    for (int cut = 1; cut < stream.length; cut++) {
      Sealed.Opened opened =
          open(
              ReadyRule.EXPECTED,
              List.of(Arrays.copyOf(stream, cut), Arrays.copyOfRange(stream, cut, stream.length)));
      assertThat(opened.ofChannel).containsExactly("", SAID, "aa", 9L);
      assertThat(opened.ended).isTrue();
    }
  }

  @Test
  void numbersNeedNotHaveTheirShortestForm() {
    assertThat(open(FRAME + "0c0a87808080808080808000" + END).ofChannel).containsExactly(SAID, 7L);
    assertThat(open(FRAME + "0c09ffffffffffffffff7f" + END).ofChannel)
        .containsExactly(SAID, Long.MAX_VALUE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0100", "03080000000000000001", "05080000000000000001", "0b0155"})
  void theseMayComeBeforeIt(String first) {
    assertThat(open(first + FRAME + END).ofChannel).containsExactly(SAID);
    assertThat(open("0100" + first + "0800").reason()).isEqualTo(Reason.STREAM_TRUNCATED);
  }

  @Test
  void theSessionMayEndBeforeIt() {
    assertThat(open(END).ended).isTrue();
    assertThat(open("0604016e6f21").reason()).isEqualTo(Reason.PEER_ERROR);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0201aa", "0401aa", "0c0100"})
  void aPacketAPartAndAnAcknowledgementMustNot(String frame) {
    Sealed.Opened opened = open("0100" + frame + FRAME + END);
    assertThat(opened.ofChannel).isEmpty();
    assertFault(opened, Reason.CHANNEL_OUT_OF_PLACE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0201aa", "0401aa"})
  void itComesOnce(String between) {
    Sealed.Opened opened = open(FRAME + between, FRAME + PACKET);
    assertThat(opened.ofChannel).startsWith(SAID).hasSizeLessThanOrEqualTo(2);
    assertFault(opened, Reason.CHANNEL_OUT_OF_PLACE);
  }

  @ParameterizedTest
  @CsvSource({
    "0a00, CHANNEL_MALFORMED",
    "0a0100, CHANNEL_MALFORMED",
    "0a0161, CHANNEL_MALFORMED",
  })
  void aChannelHasItsForm(String frame, Reason reason) {
    Sealed.Opened opened = open("0100" + frame + PACKET);
    assertThat(opened.ofChannel).isEmpty();
    assertFault(opened, reason);
  }

  /** Another attempt does not make it the first one. */
  @Test
  void aSecondOneThatIsMalformedIsOneTooMany() {
    assertFault(open(FRAME + "0a00"), Reason.CHANNEL_OUT_OF_PLACE);
  }

  @ParameterizedTest
  @CsvSource({
    "0c00, RECORD_MALFORMED",
    "0c0180, RECORD_MALFORMED",
    "0c020100, RECORD_MALFORMED",
    "0c0affffffffffffffffff02, RECORD_MALFORMED",
    "0c0a80808080808080808001, ACK_INVALID",
    "0c0affffffffffffffffff01, ACK_INVALID",
  })
  void anAcknowledgementIsANumberThatPacketsCanHave(String frame, Reason reason) {
    Sealed.Opened opened = open(FRAME + PACKET + frame + PACKET);
    assertThat(opened.ofChannel).containsExactly(SAID, "aa");
    assertFault(opened, reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {FRAME, "0c0100"})
  void theDiallerHearsNothingOfThemBeforeReady(String frame) {
    byte[] record = new Sealed.Forger().record(Sealed.hex(frame + "0700"));
    assertFault(open(ReadyRule.EXPECTED, List.of(record)), Reason.FRAME_MISPLACED);
  }

  @Test
  void otherFeaturesDoNotMakeThemKnown() {
    byte[] record = new Sealed.Forger().record(Sealed.hex(FRAME));
    Sealed.Opened opened =
        Sealed.open(Aead.AES_128_GCM, Sealed.secret(), ReadyRule.REFUSED, ~1L, List.of(record));
    assertThat(opened.ofChannel).isEmpty();
    assertFault(opened, Reason.UNKNOWN_EVEN_FRAME);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0000", "0e00", "9080808080808080800100"})
  void otherEvenTypesStayUnknown(String frame) {
    assertFault(open(FRAME + frame), Reason.UNKNOWN_EVEN_FRAME);
  }

  private static void assertFault(Sealed.Opened opened, @Nullable Reason reason) {
    assertThat(opened.reason()).isEqualTo(reason);
    assertThat(opened.error).isInstanceOf(FrameIntegrityException.class);
  }

  // Sealing

  private static ControlSealer control(RecordSealer sealer) {
    return Objects.requireNonNull(sealer.control());
  }

  @Test
  void theyAreSealedInTheirShortestFormAndInOrder() {
    RecordSealer sealer = Sealed.sealer(Aead.AES_128_GCM);
    control(sealer).channel(SAID);
    control(sealer).acknowledge(0);
    sealer.add(Unpooled.wrappedBuffer(new byte[] {(byte) 0xaa}));
    control(sealer).acknowledge(300);
    control(sealer).acknowledge(Long.MAX_VALUE);
    byte[] expected =
        new Sealed.Forger()
            .record(Sealed.hex(FRAME + "0c0100" + PACKET + "0c02ac02" + "0c09ffffffffffffffff7f"));
    assertThat(Sealed.bytes(sealer.flush())).isEqualTo(expected);
    sealer.destroy();
  }

  @Test
  void theyFindRoomInTheNextRecord() {
    RecordSealer sealer = Sealed.sealer(Aead.AES_128_GCM);
    ChannelFrame largest =
        new ChannelFrame(
            "a".repeat(255),
            SAID.own(),
            SAID.own(),
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            Long.MAX_VALUE);
    control(sealer).channel(largest);
    sealer.add(Unpooled.buffer().writeZero(65_000));
    for (int i = 0; i < 200; i++) {
      control(sealer).acknowledge(Long.MAX_VALUE - 200 + i);
    }
    control(sealer).end(null);
    Sealed.Opened opened = open(ReadyRule.REFUSED, List.of(Sealed.bytes(sealer.flush())));
    sealer.destroy();

    assertThat(opened.error).isNull();
    assertThat(opened.records).isEqualTo(2);
    assertThat(opened.ofChannel).hasSize(202).startsWith(largest).endsWith(Long.MAX_VALUE - 1);
  }

  @Test
  void nothingOfThemFollowsTheEnd() {
    RecordSealer sealer = Sealed.sealer(Aead.AES_128_GCM);
    control(sealer).end(null);
    assertThatIllegalStateException().isThrownBy(() -> control(sealer).channel(SAID));
    assertThatIllegalStateException().isThrownBy(() -> control(sealer).acknowledge(1));
    sealer.destroy();
  }
}
