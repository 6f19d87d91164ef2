package io.fluxwire.record.aead;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Aead;
import io.fluxwire.record.ControlListener;
import io.fluxwire.record.RecordOpener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule of protocol.md sections 9.3 and 9.4, by bodies that no sealer of ours writes. */
class FrameRulesTest {

  private static final String PACKET = "0201aa";
  private static final String END = "060100";

  private static Sealed.Opened open(ReadyRule ready, String... bodies) {
    Sealed.Forger forger = new Sealed.Forger();
    List<byte[]> records = new ArrayList<>();
    for (String body : bodies) {
      records.add(forger.record(Sealed.hex(body)));
    }
    return Sealed.open(Aead.AES_128_GCM, ready, List.of(Sealed.join(records)));
  }

  @ParameterizedTest
  @CsvSource({
    // Not whole frames.
    "03, RECORD_MALFORMED",
    "0202aa, RECORD_MALFORMED",
    "0280, RECORD_MALFORMED",
    "02ffffffffffffffffff01, RECORD_MALFORMED",
    "02ffffffffffffffffff02, RECORD_MALFORMED",
    "02808080808080808080808001, RECORD_MALFORMED",
    "8180808080808080808000, RECORD_MALFORMED",
    // Not in the form of their types.
    "0200, RECORD_MALFORMED",
    "0400, RECORD_MALFORMED",
    "030700010203040506, RECORD_MALFORMED",
    "0509000102030405060708, RECORD_MALFORMED",
    "0801aa, RECORD_MALFORMED",
    "060180, RECORD_MALFORMED",
    // Unknown even types, of which two belong to a feature that nobody has chosen.
    "0000, UNKNOWN_EVEN_FRAME",
    "0a00, UNKNOWN_EVEN_FRAME",
    "0c00, UNKNOWN_EVEN_FRAME",
    "feffffffffffffffff0100, UNKNOWN_EVEN_FRAME",
    // In the wrong place.
    "0700, FRAME_MISPLACED",
    "08000100, FRAME_MISPLACED",
  })
  void aFaultEndsTheSessionAfterThePacketsBeforeIt(String fault, Reason reason) {
    // What is cut short would go on in what follows.
    String behind = List.of("03", "0202aa").contains(fault) ? "" : PACKET;
    Sealed.Opened opened = open(ReadyRule.REFUSED, PACKET + fault + behind, PACKET);

    assertThat(opened.hex()).containsExactly("aa");
    assertThat(opened.reason()).isEqualTo(reason);
    assertThat(opened.error).isInstanceOf(FrameIntegrityException.class);
  }

  @Test
  void anUnknownEvenTypeIsNamed() {
    assertThat(open(ReadyRule.REFUSED, "feffffffffffffffff0100").error)
        .hasMessageContaining("18446744073709551614");
  }

  @Test
  void unknownOddFramesAndPaddingArePassedOver() {
    Sealed.Opened opened =
        open(ReadyRule.REFUSED, "0900" + PACKET + "ffffffffffffffffff010155" + "0103ffffff", END);
    assertThat(opened.hex()).containsExactly("aa");
    assertThat(opened.ended).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aRecordOfLessThanTwoBytesEndsTheSession(int length) {
    Sealed.Forger forger = new Sealed.Forger();
    byte[] record = forger.record(length, new byte[length]);
    assertThat(Sealed.open(Aead.AES_128_GCM, ReadyRule.REFUSED, List.of(record)).reason())
        .isEqualTo(Reason.RECORD_TOO_SHORT);
  }

  @Test
  void packetsOfPartsArePutTogetherWhateverComesBetween() {
    Sealed.Opened opened =
        open(
            ReadyRule.REFUSED,
            "0401aa" + "0308" + "0000000000000001",
            "0402bbcc" + "0100",
            "0508" + "0000000000000002" + "0201dd" + "0401ee",
            "0200" + END);
    assertThat(opened.hex()).containsExactly("aabbccdd", "ee");
    assertThat(opened.pings).containsExactly(1L);
    assertThat(opened.pongs).containsExactly(2L);
    assertThat(opened.ended).isTrue();
  }

  @Test
  void partsOfOneMebibyteAreAPacketAndOneByteMoreIsAFaultAtOnce() {
    for (int extra = 0; extra < 2; extra++) {
      Sealed.Forger forger = new Sealed.Forger();
      List<byte[]> records = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        ByteBuf body = Unpooled.buffer();
        Tlv.writeHead(body, Tlv.PART, 32 * 1024);
        records.add(forger.record(Sealed.bytes(body.writeZero(32 * 1024))));
      }
      records.add(forger.record(Sealed.hex(extra == 0 ? "0200" + END : "0401aa")));
      Sealed.Opened opened = Sealed.open(Aead.AES_128_GCM, ReadyRule.REFUSED, records);
      if (extra == 0) {
        assertThat(opened.payloads).hasSize(1);
        assertThat(opened.payloads.get(0)).hasSize(1 << 20);
        assertThat(opened.error).isNull();
      } else {
        assertThat(opened.payloads).isEmpty();
        assertThat(opened.reason()).isEqualTo(Reason.PAYLOAD_TOO_LARGE);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0700, , 1",
    "0100090007000201bb, , 2",
    "0201aa, FRAME_MISPLACED, 0",
    "03080000000000000001, FRAME_MISPLACED, 0",
    "0800, FRAME_MISPLACED, 0",
    "0401aa, FRAME_MISPLACED, 0",
    "0a00, UNKNOWN_EVEN_FRAME, 0",
    "07000700, FRAME_MISPLACED, 1",
    "070100, RECORD_MALFORMED, 0",
    "060100, CLOSED_BEFORE_READY, 0",
    "0604016e6f21, PEER_ERROR, 0",
  })
  void theDiallerExpectsReadyFirstAndOnce(String body, Reason reason, int payloads) {
    Sealed.Opened opened =
        reason == null ? open(ReadyRule.EXPECTED, body, END) : open(ReadyRule.EXPECTED, body);
    assertThat(opened.reason()).isEqualTo(reason);
    assertThat(opened.payloads).hasSize(payloads);
    if (payloads > 0) {
      assertThat(opened.payloads.get(0)).as("READY").isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "060101, ''",
    "0600, ''",
    "0604016e6f21, no!",
    "06050289c3bcc3, ''",
    "0605016e6f21ff, ''",
    "060400c3bcff, ''",
    "06048101c3bc, ü",
  })
  void endByAFaultGivesItsText(String end, String text) {
    Sealed.Opened opened = open(ReadyRule.REFUSED, PACKET + end + PACKET);
    assertThat(opened.hex()).containsExactly("aa");
    assertThat(opened.error)
        .isInstanceOfSatisfying(
            ConnectionClosedException.class,
            closed -> assertThat(closed.problem()).isEqualTo(text));
    assertThat(opened.reason()).isEqualTo(Reason.PEER_ERROR);
  }

  @Test
  void aTextOfMoreThan256BytesIsNone() {
    for (int size : new int[] {256, 257}) {
      String body = "06" + (size == 256 ? "8102" : "8202") + "01" + "61".repeat(size);
      assertThat(open(ReadyRule.REFUSED, body).error)
          .isInstanceOfSatisfying(
              ConnectionClosedException.class,
              closed -> assertThat(closed.problem()).isEqualTo(size == 256 ? "a".repeat(256) : ""));
    }
  }

  @Test
  void whatFollowsTheEndIsReadAway() {
    Sealed.Forger forger = new Sealed.Forger();
    byte[] end = forger.record(Sealed.hex(PACKET + END + "0a00"));
    Sealed.Opened opened =
        Sealed.open(Aead.AES_128_GCM, ReadyRule.REFUSED, List.of(end, Sealed.random(100_000, 1)));
    assertThat(opened.hex()).containsExactly("aa");
    assertThat(opened.error).isNull();
    assertThat(opened.ended).isTrue();
    assertThat(opened.records).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"060100", "0604016e6f21"})
  void anEndInsideAPacketIsATruncation(String end) {
    Sealed.Opened opened = open(ReadyRule.REFUSED, PACKET + "0401bb" + end);
    assertThat(opened.hex()).containsExactly("aa");
    assertThat(opened.reason()).isEqualTo(Reason.STREAM_TRUNCATED);
  }

  @Test
  void aStreamThatStopsAnywhereBeforeTheEndIsTruncated() {
    byte[] stream =
        Sealed.join(List.of(new Sealed.Forger().record(Sealed.hex("0700" + PACKET + "0401bb"))));
    for (int size = 0; size <= stream.length; size++) {
      Sealed.Opened opened =
          Sealed.open(Aead.AES_128_GCM, ReadyRule.EXPECTED, List.of(Arrays.copyOf(stream, size)));
      boolean whole = size == stream.length;
      assertThat(opened.payloads).hasSize(whole ? 2 : 0);
      assertThat(opened.reason())
          .isEqualTo(whole ? Reason.STREAM_TRUNCATED : Reason.CLOSED_BEFORE_READY);
    }
  }

  @Test
  void rotateChangesTheKeysOfTheNextRecord() {
    Sealed.Forger forger = new Sealed.Forger();
    byte[] first = forger.record(Sealed.hex(PACKET + "0800"));
    byte[] second = forger.rotate().record(Sealed.hex("0201bb" + END));
    Sealed.Opened opened = Sealed.open(Aead.AES_128_GCM, ReadyRule.REFUSED, List.of(first, second));
    assertThat(opened.hex()).containsExactly("aa", "bb");
    assertThat(opened.ended).isTrue();
  }

  @Test
  void aListenerThatWantsNoMoreStopsTheOpenerUntilTheNextCall() {
    UnpooledByteBufAllocator allocator = Sealed.allocator();
    RecordOpener opener =
        AeadRecords.opener(Aead.AES_128_GCM, Sealed.secret(), allocator, ReadyRule.REFUSED);
    List<Long> pings = new ArrayList<>();
    opener.listener(
        new ControlListener() {
          @Override
          public boolean onPing(long value) {
            pings.add(value);
            return false;
          }
        });
    String ping = "0308000000000000000";
    ByteBuf in =
        Unpooled.wrappedBuffer(
            new Sealed.Forger().record(Sealed.hex(ping + "1" + ping + "2" + PACKET + ping + "3")));

    assertThat(opener.next(in)).isNull();
    assertThat(pings).containsExactly(1L);
    assertThat(opener.hasNext()).isTrue();
    assertThat(opener.next(in)).isNull();
    assertThat(pings).containsExactly(1L, 2L);
    ByteBuf packet = Objects.requireNonNull(opener.next(in));
    assertThat(Sealed.bytes(packet)).containsExactly(0xaa);
    assertThat(opener.next(in)).isNull();
    assertThat(pings).containsExactly(1L, 2L, 3L);
    assertThat(opener.hasNext()).as("it says that it was stopped").isTrue();
    assertThat(opener.next(in)).isNull();
    assertThat(opener.hasNext()).isFalse();
    opener.destroy();
    Sealed.requireReleased(allocator);
  }

  @Test
  void aKeptPacketStaysAsItIsWhileTheNextRecordsAreRead() {
    UnpooledByteBufAllocator allocator = Sealed.allocator();
    RecordOpener opener =
        AeadRecords.opener(Aead.AES_128_GCM, Sealed.secret(), allocator, ReadyRule.REFUSED);
    Sealed.Forger forger = new Sealed.Forger();
    List<ByteBuf> kept = new ArrayList<>();
    for (String body : List.of("0201aa0201bb", "0201cc", "0201dd")) {
      ByteBuf in = Unpooled.wrappedBuffer(forger.record(Sealed.hex(body)));
      for (ByteBuf packet = opener.next(in); packet != null; packet = opener.next(in)) {
        kept.add(packet);
      }
    }
    opener.destroy();
    assertThat(kept.stream().map(packet -> packet.getByte(packet.readerIndex()) & 0xff))
        .containsExactly(0xaa, 0xbb, 0xcc, 0xdd);
    kept.forEach(ByteBuf::release);
    Sealed.requireReleased(allocator);
  }

  @Test
  void roomForAnUnfinishedPacketIsAskedForOnceAndInFull() {
    RecordOpener opener =
        AeadRecords.opener(
            Aead.AES_128_GCM, Sealed.secret(), Sealed.allocator(), ReadyRule.REFUSED);
    Sealed.Forger forger = new Sealed.Forger();
    assertThat(opener.announced()).isZero();
    assertThat(opener.next(Unpooled.wrappedBuffer(forger.record(Sealed.hex("0401aa"))))).isNull();
    assertThat(opener.announced()).isEqualTo(AeadRecords.MAX_PACKET);
    assertThat(opener.isInsideRecord()).isTrue();
    ByteBuf packet =
        Objects.requireNonNull(
            opener.next(Unpooled.wrappedBuffer(forger.record(Sealed.hex("0200")))));
    packet.release();
    assertThat(opener.announced()).isZero();
    assertThat(opener.isInsideRecord()).isFalse();
    opener.destroy();
  }
}
