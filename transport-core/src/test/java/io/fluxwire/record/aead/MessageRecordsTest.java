package io.fluxwire.record.aead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.PacketException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.ChainedKey;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.testing.Bolt8Vectors;
import io.fluxwire.testing.Bolt8Vectors.Case;
import io.fluxwire.testing.Bolt8Vectors.Step;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageRecordsTest {

  private static final int MESSAGES = 1_002;
  private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);

  private final UnpooledByteBufAllocator allocator = Sealed.allocator();
  private final Case vector = Bolt8Vectors.messages();

  private ChainedKey keys() {
    return ChainedKey.of(
        Objects.requireNonNull(vector.chainingKey()).bytes(),
        Objects.requireNonNull(vector.sendingKey()).bytes());
  }

  private List<byte[]> sealed(int messages) {
    RecordSealer sealer = MessageRecords.sealer(keys(), allocator);
    List<byte[]> records = new ArrayList<>();
    for (int i = 0; i < messages; i++) {
      sealer.add(Unpooled.copiedBuffer(HELLO));
      records.add(Sealed.bytes(sealer.flush()));
    }
    sealer.destroy();
    return records;
  }

  private static List<byte[]> open(RecordOpener opener, byte[] piece) {
    List<byte[]> messages = new ArrayList<>();
    ByteBuf in = Unpooled.wrappedBuffer(piece);
    for (ByteBuf next = opener.next(in); next != null; next = opener.next(in)) {
      messages.add(Sealed.bytes(next));
    }
    opener.idle();
    return messages;
  }

  @Test
  void vectorsAreSealedByteForByteOverTwoRotations() {
    List<byte[]> records = sealed(MESSAGES);
    assertThat(vector.steps()).hasSize(6);
    for (Step step : vector.steps()) {
      assertThat(HexFormat.of().formatHex(records.get(Objects.requireNonNull(step.message()))))
          .as("message %s", step.message())
          .isEqualTo(step.output());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 18, 19, 38, 39, 40, 1_000, 65_536})
  void whatWasSealedIsOpenedOverRotationsUnderAnySplit(int size) {
    byte[] all = Sealed.join(sealed(MESSAGES));
    RecordOpener opener = MessageRecords.opener(keys(), allocator);
    int opened = 0;
    for (int at = 0; at < all.length; at += size) {
      for (byte[] message :
          open(opener, Arrays.copyOfRange(all, at, Math.min(all.length, at + size)))) {
        assertThat(message).isEqualTo(HELLO);
        opened++;
      }
    }
    assertThat(opened).isEqualTo(MESSAGES);
    assertThat(opener.isInsideRecord()).isFalse();
    opener.inputEnded();
    opener.destroy();
    Sealed.requireReleased(allocator);
  }

  @Test
  void messagesOfEverySizeClassGoInOneFlush() {
    RecordSealer sealer = MessageRecords.sealer(keys(), allocator);
    List<byte[]> sent = new ArrayList<>();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int size : new int[] {0, 1, 2, 64, 65, 4_000, 4_096, 5_000, 65_535, 3}) {
      byte[] message = Sealed.random(size, size);
      sent.add(message);
      ByteBuf payload = size % 2 == 0 ? Unpooled.directBuffer(size + 1) : Unpooled.buffer(size + 1);
      sealer.add(payload.writeBytes(message));
      assertThat(payload.refCnt()).isZero();
    }
    int pending = sealer.pending();
    all.writeBytes(Sealed.bytes(sealer.flush()));
    assertThat(all.size()).isEqualTo(pending);
    assertThat(sealer.pending()).isZero();
    RecordOpener opener = MessageRecords.opener(keys(), allocator);
    assertThat(open(opener, all.toByteArray())).containsExactlyElementsOf(sent);
    opener.destroy();
    sealer.destroy();
    Sealed.requireReleased(allocator);
  }

  @Test
  void aMessageThatIsTooLongFailsAndTheNextOneIsSealed() {
    RecordSealer sealer = MessageRecords.sealer(keys(), allocator);
    ByteBuf large = Unpooled.buffer(65_536).writeZero(65_536);
    assertThatThrownBy(() -> sealer.add(large)).isInstanceOf(PacketException.class);
    assertThat(large.refCnt()).isZero();
    sealer.add(Unpooled.copiedBuffer(HELLO));
    assertThat(HexFormat.of().formatHex(Sealed.bytes(sealer.flush())))
        .isEqualTo(vector.steps().get(0).output());
    sealer.destroy();
  }

  @Test
  void everyChangedBitEndsTheStream() {
    byte[] record = sealed(1).get(0);
    for (int bit = 0; bit < record.length * Byte.SIZE; bit++) {
      byte[] changed = record.clone();
      changed[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      RecordOpener opener = MessageRecords.opener(keys(), allocator);
      assertThat(reason(catchThrowable(() -> open(opener, changed))))
          .isEqualTo(Reason.TAG_MISMATCH);
      opener.destroy();
    }
    Sealed.requireReleased(allocator);
  }

  @Test
  void anEndInsideAMessageIsATruncationAndBetweenTwoItSaysNothing() {
    byte[] record = sealed(1).get(0);
    for (int at = 0; at <= record.length; at++) {
      RecordOpener opener = MessageRecords.opener(keys(), allocator);
      open(opener, Arrays.copyOf(record, at));
      Throwable thrown = catchThrowable(opener::inputEnded);
      if (at == 0 || at == record.length) {
        assertThat(thrown).isNull();
        assertThat(opener.endReason()).isEqualTo(Reason.CLOSED_UNAUTHENTICATED);
      } else {
        assertThat(reason(thrown)).isEqualTo(Reason.FRAME_TRUNCATED);
      }
      opener.destroy();
    }
    Sealed.requireReleased(allocator);
  }

  @Test
  void memoryGrowsWithWhatArrives() {
    RecordSealer sealer = MessageRecords.sealer(keys(), allocator);
    sealer.add(Unpooled.buffer(65_535).writeZero(65_535));
    byte[] record = Sealed.bytes(sealer.flush());
    sealer.destroy();
    RecordOpener opener = MessageRecords.opener(keys(), allocator);
    open(opener, Arrays.copyOf(record, 100));
    assertThat(opener.announced()).isEqualTo(65_535);
    assertThat(allocator.metric().usedHeapMemory()).isLessThan(1_024);
    opener.destroy();
    Sealed.requireReleased(allocator);
  }

  private static Reason reason(Throwable thrown) {
    assertThat(thrown).isInstanceOf(PeerException.class);
    return ((PeerException) thrown).reason();
  }
}
