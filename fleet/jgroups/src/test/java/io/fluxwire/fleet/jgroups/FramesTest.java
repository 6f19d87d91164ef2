package io.fluxwire.fleet.jgroups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.identity.NodeKey;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramesTest {

  private static final InstanceId INSTANCE = new InstanceId("pod-1", -7);
  private static final NodeId PEER = NodeKey.generate().id();
  private static final AccessRule RULE =
      new AccessRule(
          "10.0.0.0/8",
          AccessRule.Action.DENY,
          Instant.ofEpochSecond(1_700_000_000, 123_456_789),
          Instant.MAX);

  private final Told told = new Told();

  /** Writes down what a frame says. */
  private static final class Told implements Frames.Reader {

    private final List<Object> all = new ArrayList<>();

    @Override
    public void hello(InstanceId instance) {
      all.add(instance);
    }

    @Override
    public void held(Row row) {
      all.add(row.of(INSTANCE));
    }

    @Override
    public void released(Row row) {
      all.add("released " + row.epoch());
    }

    @Override
    public void ruled(AccessRule rule) {
      all.add(rule);
    }

    @Override
    public void end() {
      all.add("end");
    }

    @Override
    public void want() {
      all.add("want");
    }

    @Override
    public void message(byte[] message) {
      all.add(HexFormat.of().formatHex(message));
    }
  }

  private List<Object> read(byte[] frame) {
    Frames.read(ByteBuffer.wrap(frame), told);
    return told.all;
  }

  private static byte[] changes() {
    return Frames.changes(
        List.of(
            new Change.Held(Row.of(PEER, Long.MAX_VALUE)),
            new Change.Ruled(RULE),
            new Change.Released(Row.of(PEER, -1))));
  }

  @Test
  void whatIsWrittenIsRead() {
    read(Frames.hello(INSTANCE));
    read(changes());
    read(Frames.end());
    read(Frames.want());
    read(Frames.message(new byte[] {1, 2}));
    read(Frames.message(new byte[0]));

    assertThat(told.all)
        .containsExactly(
            INSTANCE,
            new Holding(PEER, INSTANCE, Long.MAX_VALUE),
            RULE,
            "released -1",
            "end",
            "want",
            "0102",
            "");
  }

  @Test
  void aFrameHasTheseBytes() {
    assertThat(HexFormat.of().formatHex(Frames.hello(INSTANCE)))
        .isEqualTo("0101" + "fffffffffffffff9" + "05" + "706f642d31");
    assertThat(HexFormat.of().formatHex(Frames.end())).isEqualTo("0103");
    assertThat(HexFormat.of().formatHex(Frames.want())).isEqualTo("0104");
    assertThat(HexFormat.of().formatHex(Frames.message(new byte[] {9}))).isEqualTo("010509");
    assertThat(
            HexFormat.of().formatHex(Frames.changes(List.of(new Change.Released(Row.of(PEER, 3))))))
        .isEqualTo("0102" + "0001" + "02" + PEER + "0000000000000003");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "01",
        // Another version, another type, another change.
        "0203",
        "0106",
        "0100",
        "0102000104",
        // A byte too many.
        "010300",
        "01020000ff",
        // Names that cannot be.
        "0101000000000000000100",
        "0101000000000000000105612e6263",
        // An action that there is not, a time that there is not.
        "0102000103" + "09" + "000000000000000000000000" + "000000000000000000000000" + "00",
        "0102000103" + "01" + "7fffffffffffffff00000000" + "000000000000000000000000" + "00",
      })
  void whatIsNoFrameIsRefused(String hex) {
    assertThatIllegalArgumentException().isThrownBy(() -> read(HexFormat.of().parseHex(hex)));
  }

  @Test
  void aFrameThatIsCutOffIsRefused() {
    for (byte[] whole : List.of(Frames.hello(INSTANCE), changes())) {
      for (int size = 0; size < whole.length; size++) {
        byte[] part = Arrays.copyOf(whole, size);
        assertThatIllegalArgumentException().isThrownBy(() -> read(part));
      }
    }
  }

  @Test
  void bytesAtRandomDoNoHarm() {
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] frame = new byte[random.nextInt(100)];
      random.nextBytes(frame);
      if (frame.length > 2 && random.nextBoolean()) {
        frame[0] = 1;
        frame[1] = (byte) (1 + random.nextInt(5));
      }
      assertThatCode(() -> readOrRefuse(frame)).doesNotThrowAnyException();
    }
  }

  private void readOrRefuse(byte[] frame) {
    try {
      read(frame);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }
}
