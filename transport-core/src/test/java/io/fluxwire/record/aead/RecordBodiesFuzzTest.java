package io.fluxwire.record.aead;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.testing.Cuts;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Frames of a peer that keeps no rule: each ends well or for a reason that has a name. */
class RecordBodiesFuzzTest {

  private static final Set<Reason> FAULTS =
      EnumSet.of(
          Reason.RECORD_TOO_SHORT,
          Reason.RECORD_MALFORMED,
          Reason.UNKNOWN_EVEN_FRAME,
          Reason.FRAME_MISPLACED,
          Reason.CHANNEL_MALFORMED,
          Reason.CHANNEL_OUT_OF_PLACE,
          Reason.ACK_INVALID,
          Reason.PAYLOAD_TOO_LARGE,
          Reason.TAG_MISMATCH,
          Reason.PEER_ERROR,
          Reason.STREAM_TRUNCATED,
          Reason.CLOSED_BEFORE_READY);

  @FuzzTest
  void open(FuzzedDataProvider data) {
    ReadyRule ready = data.pickValue(ReadyRule.values());
    long features = data.consumeBoolean() ? SessionParameters.CHANNEL : 0;
    Sealed.Forger forger = new Sealed.Forger();
    List<byte[]> records = new ArrayList<>();
    int plain = 0;
    int count = data.consumeInt(1, 6);
    for (int i = 0; i < count; i++) {
      byte[] body = data.consumeBytes(300);
      plain += body.length;
      records.add(forger.record(body));
    }

    Sealed.Opened opened =
        Sealed.open(
            Aead.AES_128_GCM,
            Sealed.secret(),
            ready,
            features,
            Cuts.of(data, Sealed.join(records)));

    assertThat(opened.payloads.stream().mapToInt(payload -> payload.length).sum())
        .isLessThanOrEqualTo(plain);
    if (opened.error == null) {
      assertThat(opened.ended).isTrue();
    } else {
      assertThat(opened.reason()).isIn(FAULTS);
    }
  }
}
