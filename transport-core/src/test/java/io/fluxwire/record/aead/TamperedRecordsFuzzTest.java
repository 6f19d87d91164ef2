package io.fluxwire.record.aead;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.crypto.Aead;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.testing.Cuts;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Honest records, edited on their way: exactly what is whole before the edit gets through. */
class TamperedRecordsFuzzTest {

  @FuzzTest
  void tamper(FuzzedDataProvider data) {
    Aead aead = data.pickValue(Aead.values());
    RecordSealer sealer = Sealed.sealer(aead);
    List<byte[]> records = new ArrayList<>();
    List<String> packets = new ArrayList<>();
    int count = data.consumeInt(1, 8);
    for (int i = 0; i < count; i++) {
      byte[] packet = Sealed.random(data.consumeInt(1, 80), i);
      packets.add(HexFormat.of().formatHex(packet));
      sealer.add(Unpooled.wrappedBuffer(packet));
      records.add(Sealed.bytes(sealer.flush()));
    }
    sealer.destroy();
    byte[] sent = Sealed.join(records);
    byte[] arrives = edit(data, sent, records);

    Sealed.Opened opened = Sealed.open(aead, ReadyRule.REFUSED, Cuts.of(data, arrives));

    int same = Arrays.mismatch(sent, arrives);
    same = same < 0 ? sent.length : same;
    int whole = 0;
    int end = 0;
    while (whole < records.size() && end + records.get(whole).length <= same) {
      end += records.get(whole++).length;
    }
    assertThat(opened.hex()).containsExactlyElementsOf(packets.subList(0, whole));
    assertThat(opened.reason()).isIn(Sealed.REFUSALS);
  }

  static byte[] edit(FuzzedDataProvider data, byte[] sent, List<byte[]> records) {
    int at = data.consumeInt(0, sent.length);
    int until = Math.min(sent.length, at + data.consumeInt(0, 160));
    byte[] start = Arrays.copyOf(sent, at);
    byte[] rest = Arrays.copyOfRange(sent, at, sent.length);
    return switch (data.consumeInt(0, 4)) {
      case 0 -> Sealed.join(List.of(start, Arrays.copyOfRange(sent, until, sent.length)));
      case 1 -> Sealed.join(List.of(start, data.consumeBytes(64), rest));
      case 2 ->
          Sealed.join(List.of(start, records.get(data.consumeInt(0, records.size() - 1)), rest));
      case 3 -> start;
      default -> {
        byte[] flipped = sent.clone();
        if (at < flipped.length) {
          flipped[at] ^= (byte) (1 << data.consumeInt(0, 7));
        }
        yield flipped;
      }
    };
  }
}
