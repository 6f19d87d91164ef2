package io.fluxwire.record.aead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Aead;
import io.fluxwire.record.RecordOpener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a peer can make an opener hold, and how often it makes it copy that. */
class BoundedOpeningTest {

  private static final int MEBIBYTE = 1 << 20;

  private final UnpooledByteBufAllocator allocator = Sealed.allocator();
  private final Sealed.Forger forger = new Sealed.Forger();
  private final RecordOpener opener =
      AeadRecords.opener(Aead.AES_128_GCM, Sealed.secret(), allocator, ReadyRule.REFUSED);

  @AfterEach
  void release() {
    opener.destroy();
    Sealed.requireReleased(allocator);
  }

  private void read(byte[] bytes) {
    ByteBuf in = Unpooled.wrappedBuffer(bytes);
    assertThat(opener.next(in)).isNull();
    assertThat(in.isReadable()).as("bytes left").isFalse();
    opener.idle();
  }

  private long held() {
    return allocator.metric().usedHeapMemory();
  }

  @Test
  void nothingIsReservedForALengthThatIsNotAuthenticated() {
    byte[] record = forger.record(65_535, new byte[65_535]);
    for (int i = 0; i < 17; i++) {
      read(new byte[] {record[i]});
      assertThat(held()).as("after %d bytes of the length", i + 1).isZero();
    }
    assertThatThrownBy(() -> opener.next(Unpooled.wrappedBuffer(new byte[1 + 65_535])))
        .isInstanceOfSatisfying(
            FrameIntegrityException.class,
            fault -> assertThat(fault.reason()).isEqualTo(Reason.TAG_MISMATCH));
    assertThat(held()).isZero();
  }

  @Test
  void aBodyThatIsNotAuthenticatedHoldsTwiceWhatHasCome() {
    byte[] record = forger.record(65_535, new byte[65_535]);
    for (int i = 0; i < record.length - 1; i++) {
      read(new byte[] {record[i]});
      assertThat(held()).as("after %d bytes", i + 1).isLessThanOrEqualTo(Math.max(256, 2 * i));
    }
  }

  @Test
  void partsOfAByteAreHeldOnceAndCopiedAFewTimes() {
    byte[] part = {Tlv.PART, 1, 7};
    int parts = 100_000;
    Set<Long> sizes = new HashSet<>();
    for (int i = 0; i < parts; i++) {
      read(forger.record(part));
      sizes.add(held());
    }
    // It doubles: one more size for each copy of what is there.
    assertThat(sizes).hasSizeLessThan(12);
    assertThat(held()).isLessThan(3L * parts);
  }

  @Test
  void partsOfAByteEndAtAMebibyte() {
    int each = 21_845;
    byte[] body = new byte[3 * each];
    for (int i = 0; i < body.length; i += 3) {
      body[i] = Tlv.PART;
      body[i + 1] = 1;
    }
    for (int i = 0; i < MEBIBYTE / each; i++) {
      read(forger.record(body));
      assertThat(held()).isLessThanOrEqualTo(MEBIBYTE);
    }
    assertThatThrownBy(() -> opener.next(Unpooled.wrappedBuffer(forger.record(body))))
        .isInstanceOfSatisfying(
            FrameIntegrityException.class,
            fault -> assertThat(fault.reason()).isEqualTo(Reason.PAYLOAD_TOO_LARGE));
  }

  @Test
  void recordsWithoutAPacketLeaveNothingBehind() {
    byte[] padding = {Tlv.PADDING, 0};
    for (int i = 0; i < 20_000; i++) {
      read(forger.record(padding));
      assertThat(held()).isZero();
    }
  }
}
