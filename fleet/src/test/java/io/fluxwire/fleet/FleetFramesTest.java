package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FleetFramesTest {

  private static final NodeId PEER = TestFleet.peer();

  static List<Frame> frames() {
    ByteBuffer payload = ByteBuffer.wrap(new byte[] {1, 2, 3});
    return List.of(
        new Frame.Open(1, PEER, Long.MAX_VALUE, true, payload),
        new Frame.Open(2, PEER, -1, false, ByteBuffer.allocate(0)),
        new Frame.Data(3, 7, payload),
        new Frame.End(4, 8),
        new Frame.Cancel(5),
        new Frame.Probe(6, 3, 0),
        new Frame.Grant(7, 9, 3),
        new Frame.Status(8, 10, 4),
        new Frame.Done(9),
        new Frame.NotHere(10),
        new Frame.Failed(11, Frame.Failure.UNSENDABLE, 1, Long.MAX_VALUE),
        new Frame.Draining());
  }

  private final PeerIds ids = new PeerIds(2);

  private @Nullable Frame decode(byte[] message) {
    return FleetFrames.decode(message, ids);
  }

  @ParameterizedTest
  @MethodSource("frames")
  void aFrameIsReadAsItWasWritten(Frame frame) {
    byte[] bytes = FleetFrames.encode(frame);
    assertThat(decode(bytes)).isEqualTo(frame);
    assertThat(bytes.length).isLessThanOrEqualTo(FleetFrames.OVERHEAD + 3);
  }

  @ParameterizedTest
  @MethodSource("frames")
  void aFrameThatIsCutOffIsNone(Frame frame) {
    byte[] bytes = FleetFrames.encode(frame);
    int header =
        frame instanceof Frame.Open open
            ? bytes.length - open.payload().remaining()
            : frame instanceof Frame.Data data
                ? bytes.length - data.payload().remaining()
                : bytes.length;
    for (int length = 0; length < header; length++) {
      assertThat(decode(Arrays.copyOf(bytes, length))).isNull();
    }
  }

  @Test
  void whatIsTooLongOrOfAnotherVersionIsNone() {
    byte[] done = FleetFrames.encode(new Frame.Done(1));
    assertThat(decode(Arrays.copyOf(done, done.length + 1))).isNull();
    done[0] = 2;
    assertThat(decode(done)).isNull();
    byte[] count = FleetFrames.encode(new Frame.End(1, 0));
    count[2 + Long.BYTES] = (byte) 0x80;
    assertThat(decode(count)).isNull();
    byte[] failed = FleetFrames.encode(new Frame.Failed(1, Frame.Failure.BUSY, 0, 0));
    failed[2 + 2 * Long.BYTES - 1] = 4;
    assertThat(decode(failed)).isNull();
  }

  @Test
  void noBytesMakeItThrow() {
    Random random = new Random(7);
    List<Frame> frames = frames();
    for (int i = 0; i < 50_000; i++) {
      byte[] bytes = FleetFrames.encode(frames.get(random.nextInt(frames.size())));
      int flips = 1 + random.nextInt(3);
      for (int flip = 0; flip < flips; flip++) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      decode(Arrays.copyOf(bytes, random.nextInt(bytes.length + 2)));
    }
  }

  @Test
  void messagesThatAreNoFramesAreCountedAndDropped() {
    TestFleet fleet = new TestFleet();
    TestFleet.Instance one = fleet.join("one");
    fleet.sendRaw(one.fleet().self(), new byte[] {1, 2, 3});
    fleet.sendRaw(one.fleet().self(), new byte[0]);
    assertThat(one.fleet().snapshot().counters().malformed()).isEqualTo(2);
    // Of streams that there are not.
    for (Frame frame : frames()) {
      fleet.sendRaw(one.fleet().self(), FleetFrames.encode(frame));
    }
    assertThat(one.fleet().snapshot().receiving()).isZero();
    assertThat(one.fleet().snapshot().counters().malformed()).isEqualTo(2);
  }

  @Test
  void aWindowOfNumbersLetsEachInOnce() {
    Random random = new Random(8);
    ReplayWindow window = new ReplayWindow();
    Set<Long> seen = new HashSet<>();
    long base = 0;
    for (int i = 0; i < 100_000; i++) {
      base += random.nextInt(3);
      long number = Math.max(1, base - random.nextInt(200));
      assertThat(window.isFirst(number)).isEqualTo(seen.add(number));
    }
    assertThat(window.isFirst(base + 1_000_000)).isTrue();
    assertThat(window.isFirst(base + 1)).isFalse();
    assertThat(window.isFirst(base + 1_000_000)).isFalse();
    assertThat(window.isFirst(base + 999_999)).isTrue();
    assertThat(window.isFirst(0)).isFalse();
    assertThat(window.isFirst(-5)).isFalse();
  }
}
