package io.fluxwire.record.v3;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.testing.BufferRecorder;
import io.fluxwire.testing.Cuts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An honest stream, edited on its way: exactly what is whole before the first edit gets through.
 */
class TamperedStreamFuzzTest {

  @FuzzTest
  void tamper(FuzzedDataProvider data) {
    List<byte[]> payloads = new ArrayList<>();
    int packets = data.consumeInt(1, 8);
    for (int i = 0; i < packets; i++) {
      payloads.add(Framing.payload(data.consumeInt(16, 80), i));
    }
    List<byte[]> frames = Framing.seal(payloads);
    byte[] sent = Framing.join(frames);
    byte[] arrives = sent.clone();
    int edits = data.consumeInt(0, 4);
    for (int i = 0; i < edits; i++) {
      arrives = edit(data, arrives, frames);
    }

    BufferRecorder opened = Framing.open(Cuts.of(data, arrives));

    int same = Arrays.mismatch(sent, arrives);
    same = same < 0 ? sent.length : same;
    int whole = 0;
    int end = 0;
    while (whole < frames.size() && end + frames.get(whole).length <= same) {
      end += frames.get(whole++).length;
    }
    assertThat(opened.received()).containsExactlyElementsOf(payloads.subList(0, whole));
    boolean endsInOrder = arrives.length == end;
    assertThat(opened.isCompleted()).isEqualTo(endsInOrder);
    if (!endsInOrder) {
      assertThat(Framing.refusal(opened)).isIn(Framing.REFUSALS);
    }
  }

  private static byte[] edit(FuzzedDataProvider data, byte[] stream, List<byte[]> frames) {
    int at = data.consumeInt(0, stream.length);
    int until = Math.min(stream.length, at + data.consumeInt(0, 160));
    byte[] removed = splice(stream, at, until, new byte[0]);
    return switch (data.consumeInt(0, 4)) {
      case 0 -> removed;
      case 1 -> splice(stream, at, at, data.consumeBytes(64));
      case 2 -> splice(stream, at, at, frames.get(data.consumeInt(0, frames.size() - 1)));
      case 3 -> Arrays.copyOf(stream, at);
      default -> {
        byte[] flipped = stream.clone();
        if (at < flipped.length) {
          flipped[at] ^= (byte) (1 << data.consumeInt(0, 7));
        }
        yield flipped;
      }
    };
  }

  private static byte[] splice(byte[] stream, int from, int to, byte[] middle) {
    return Framing.join(
        List.of(
            Arrays.copyOf(stream, from), middle, Arrays.copyOfRange(stream, to, stream.length)));
  }
}
