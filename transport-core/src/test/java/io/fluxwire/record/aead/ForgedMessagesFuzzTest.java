package io.fluxwire.record.aead;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.Reason;
import io.fluxwire.crypto.NoiseCipher;
import io.fluxwire.testing.Cuts;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records of a peer that has the keys of BOLT 8 and seals whatever it likes: each length may be
 * another than the body's, tags may be wrong, and the end may come anywhere.
 */
class ForgedMessagesFuzzTest {

  private static final int TAG = 16;
  private static final int HEADER = 2 + TAG;

  @FuzzTest
  void forge(FuzzedDataProvider data) {
    Forged forged = new Forged();
    int count = data.consumeInt(1, 6);
    for (int i = 0; i < count; i++) {
      byte[] body = data.consumeBytes(data.consumeInt(0, 300));
      int length = data.consumeInt(0, 3) > 0 ? body.length : data.consumeInt(0, 65_535);
      forged.add(length, body, data.consumeInt(0, 7) == 0);
    }
    byte[] all = forged.bytes.toByteArray();
    byte[] arrives = Arrays.copyOf(all, all.length - data.consumeInt(0, all.length) % 40);

    UnpooledByteBufAllocator allocator = Sealed.allocator();
    List<byte[]> opened = new ArrayList<>();
    Reason reason = TamperedMessagesFuzzTest.open(Cuts.of(data, arrives), allocator, opened);

    Reason expected = forged.expected(arrives.length);
    assertThat(reason).isEqualTo(expected);
    assertThat(opened).containsExactlyElementsOf(forged.whole(arrives.length));
    Sealed.requireReleased(allocator);
  }

  /** The stream, and what has to be made of it. */
  private static final class Forged {

    private record Sent(int start, int length, byte[] body, boolean garbled) {

      int bodyStart() {
        return start + HEADER;
      }

      int end() {
        return bodyStart() + body.length + TAG;
      }

      boolean isHonest() {
        return length == body.length && !garbled;
      }
    }

    private final NoiseCipher cipher = NoiseCipher.start(TamperedMessagesFuzzTest.keys());
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<Sent> records = new ArrayList<>();

    void add(int length, byte[] body, boolean garbled) {
      records.add(new Sent(bytes.size(), length, body, garbled));
      byte[] record = new byte[HEADER + body.length + TAG];
      cipher.seal(new byte[] {(byte) (length >> 8), (byte) length}, 0, 2, record, 0);
      cipher.seal(body, 0, body.length, record, HEADER);
      record[record.length - 1] ^= (byte) (garbled ? 1 : 0);
      bytes.writeBytes(record);
    }

    /** The messages before the first record that is wrong or is not all there. */
    List<byte[]> whole(int arrived) {
      return records.stream()
          .takeWhile(sent -> sent.isHonest() && sent.end() <= arrived)
          .map(Sent::body)
          .toList();
    }

    /** How the stream ends; null if all is well. */
    @Nullable Reason expected(int arrived) {
      int honest = whole(arrived).size();
      if (honest == records.size() || arrived == records.get(honest).start()) {
        return null;
      }
      Sent wrong = records.get(honest);
      // As many bytes as its length says are taken for its body, whatever they are.
      return arrived < wrong.bodyStart() + wrong.length() + TAG
          ? Reason.FRAME_TRUNCATED
          : Reason.TAG_MISMATCH;
    }
  }
}
