package io.fluxwire.record.aead;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.ChainedKey;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.testing.Cuts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Honest messages, edited on their way: exactly what is whole before the edit gets through. */
class TamperedMessagesFuzzTest {

  @FuzzTest
  void tamper(FuzzedDataProvider data) {
    UnpooledByteBufAllocator allocator = Sealed.allocator();
    RecordSealer sealer = MessageRecords.sealer(keys(), allocator);
    List<byte[]> records = new ArrayList<>();
    List<byte[]> messages = new ArrayList<>();
    int count = data.consumeInt(1, 8);
    for (int i = 0; i < count; i++) {
      byte[] message = Sealed.random(data.consumeInt(0, 80), i);
      messages.add(message);
      sealer.add(Unpooled.wrappedBuffer(message));
      records.add(Sealed.bytes(sealer.flush()));
    }
    sealer.destroy();
    byte[] sent = Sealed.join(records);
    byte[] arrives = TamperedRecordsFuzzTest.edit(data, sent, records);

    List<byte[]> opened = new ArrayList<>();
    Reason reason = open(Cuts.of(data, arrives), allocator, opened);

    int same = Arrays.mismatch(sent, arrives);
    same = same < 0 ? sent.length : same;
    int whole = 0;
    int end = 0;
    while (whole < records.size() && end + records.get(whole).length <= same) {
      end += records.get(whole++).length;
    }
    assertThat(opened).containsExactlyElementsOf(messages.subList(0, whole));
    assertThat(reason).isIn(null, Reason.TAG_MISMATCH, Reason.FRAME_TRUNCATED);
    assertThat(reason == null).isEqualTo(arrives.length == end);
    Sealed.requireReleased(allocator);
  }

  static ChainedKey keys() {
    return ChainedKey.of(new byte[ChainedKey.SIZE], Sealed.random(ChainedKey.SIZE, 3));
  }

  /** What ended it; null if nothing did. */
  static @Nullable Reason open(
      List<byte[]> pieces, UnpooledByteBufAllocator allocator, List<byte[]> opened) {
    RecordOpener opener = MessageRecords.opener(keys(), allocator);
    try {
      for (byte[] piece : pieces) {
        ByteBuf in = Unpooled.wrappedBuffer(piece);
        for (ByteBuf next = opener.next(in); next != null; next = opener.next(in)) {
          opened.add(Sealed.bytes(next));
        }
        opener.idle();
      }
      opener.inputEnded();
      return null;
    } catch (PeerException e) {
      return e.reason();
    } finally {
      opener.destroy();
    }
  }
}
