package io.fluxwire.record.v3;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.testing.BufferRecorder;
import io.fluxwire.testing.Cuts;
import io.fluxwire.testing.LentBuffers;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;

/** Bytes of someone without the keys: no payload comes of them, and no more memory than bytes. */
class OpenFuzzTest {

  @FuzzTest
  void open(FuzzedDataProvider data) {
    byte[] input = data.consumeBytes(2048);
    List<byte[]> pieces = Cuts.of(data, input);
    UnpooledByteBufAllocator allocator = Framing.allocator();
    LentBuffers source = new LentBuffers();
    BufferRecorder payloads = BufferRecorder.borrowing();
    source.transform(Frames.open(Framing.keys(), allocator)).subscribe(payloads);
    payloads.requestUnbounded();
    int arrived = 0;
    for (byte[] piece : pieces) {
      if (!source.wantsMore()) {
        break;
      }
      source.emit(piece);
      arrived += piece.length;
      assertThat(allocator.metric().usedHeapMemory()).isLessThanOrEqualTo(256 + 2L * arrived);
    }
    if (!source.isCancelled()) {
      source.complete();
    }

    assertThat(payloads.received()).isEmpty();
    assertThat(allocator.metric().usedHeapMemory()).isZero();
    assertThat(payloads.isCompleted()).isEqualTo(input.length == 0);
    if (input.length > 0) {
      assertThat(Framing.refusal(payloads)).isIn(Framing.REFUSALS);
    }
  }
}
