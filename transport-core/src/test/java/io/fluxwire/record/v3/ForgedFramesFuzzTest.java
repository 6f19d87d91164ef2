package io.fluxwire.record.v3;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.Reason;
import io.fluxwire.crypto.StreamCipher;
import io.fluxwire.testing.BufferRecorder;
import io.fluxwire.testing.Cuts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A peer that has the keys and keeps no rule: what it may send is what section 3 says. */
class ForgedFramesFuzzTest {

  private static final Set<Reason> MISALIGNED = Set.of(Reason.MAC_MISMATCH, Reason.FRAME_TRUNCATED);

  @FuzzTest
  void forge(FuzzedDataProvider data) {
    StreamCipher cipher = Framing.keys().start();
    List<byte[]> frames = new ArrayList<>();
    List<byte[]> expected = new ArrayList<>();
    Set<Reason> reasons = Set.of();
    long last = 0;
    int count = data.consumeInt(1, 6);
    for (int i = 0; i < count && reasons.isEmpty(); i++) {
      long step = data.consumeBoolean() ? data.consumeInt(-20, 100) : data.consumeLong();
      byte[] plain = new byte[16 * data.consumeInt(0, 6)];
      byte[] content = data.consumeBytes(plain.length);
      System.arraycopy(content, 0, plain, 0, content.length);
      long totlen = last + step;
      frames.add(Framing.forge(cipher, totlen, plain));
      Reason broken = rule(last, totlen, plain);
      if (broken == Reason.MAC_MISMATCH) {
        reasons = MISALIGNED;
      } else if (broken != null) {
        reasons = Set.of(broken);
      } else {
        expected.add(Arrays.copyOf(plain, (int) step));
        last = totlen;
      }
    }

    BufferRecorder opened = Framing.open(Cuts.of(data, Framing.join(frames)));

    assertThat(opened.received()).containsExactlyElementsOf(expected);
    assertThat(opened.isCompleted()).isEqualTo(reasons.isEmpty());
    if (!reasons.isEmpty()) {
      assertThat(Framing.refusal(opened)).isIn(reasons);
    }
  }

  private static @Nullable Reason rule(long last, long totlen, byte[] plain) {
    if (Long.compareUnsigned(totlen, last) < 0) {
      return Reason.TOTLEN_BACKWARDS;
    }
    long size = totlen - last;
    if (Long.compareUnsigned(size, Frames.MAX_PAYLOAD) > 0) {
      return Reason.PAYLOAD_TOO_LARGE;
    }
    if (Frames.padded((int) size) != plain.length) {
      return Reason.MAC_MISMATCH;
    }
    for (int i = (int) size; i < plain.length; i++) {
      if (plain[i] != 0) {
        return Reason.PADDING_NOT_ZERO;
      }
    }
    return null;
  }
}
