package io.fluxwire.record.v3;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.testing.BufferRecorder;
import io.fluxwire.testing.Cuts;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** What is sealed is framed as section 3 says, and opens to the same, however it is cut. */
class SealFuzzTest {

  @FuzzTest
  void sealThenOpen(FuzzedDataProvider data) {
    List<byte[]> payloads = new ArrayList<>();
    int packets = data.consumeInt(1, 6);
    for (int i = 0; i < packets; i++) {
      int most = data.consumeBoolean() ? 64 : 300 * 1024;
      payloads.add(Framing.payload(data.consumeInt(1, most), data.consumeByte()));
    }

    List<byte[]> frames = Framing.seal(payloads);
    BufferRecorder opened = Framing.open(Cuts.of(data, Framing.join(frames)));

    assertThat(opened.isCompleted()).isTrue();
    assertThat(opened.received()).containsExactlyElementsOf(payloads);
    long totlen = 0;
    for (int i = 0; i < frames.size(); i++) {
      totlen += payloads.get(i).length;
      ByteBuffer frame = ByteBuffer.wrap(frames.get(i)).order(ByteOrder.LITTLE_ENDIAN);
      assertThat(frame.getLong(32)).isEqualTo(totlen);
      assertThat(frame.remaining()).isEqualTo(40 + (payloads.get(i).length + 15) / 16 * 16);
    }
  }
}
