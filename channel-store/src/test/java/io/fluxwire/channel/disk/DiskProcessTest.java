package io.fluxwire.channel.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.channel.StoredChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What other processes do, and what is left of them when they are killed. */
@Tag("processes")
@Timeout(300)
class DiskProcessTest {

  @TempDir Path temporary;

  private StoredChannel open() {
    return DiskSamples.open(DiskChannelStore.create(temporary));
  }

  @Test
  void aSecondProcessIsRefusedUntilTheFirstHasEnded() throws Exception {
    try (StoreProcess holder = StoreProcess.start(temporary, "hold")) {
      assertThat(holder.line()).isEqualTo("open");

      for (int time = 0; time < 3; time++) {
        Throwable error = catchThrowable(this::open);
        assertThat(DiskSamples.kind(error)).isEqualTo(Kind.IN_USE);
        assertThat(error).hasMessageContaining(temporary.toString());
      }
    }

    open().close().block();
  }

  @Test
  void anotherProcessIsRefusedWhatThisOneHolds() throws Exception {
    StoredChannel channel = open();
    assertThat(catchThrowable(this::open)).isNotNull();

    try (StoreProcess other = StoreProcess.start(temporary, "hold")) {
      assertThat(other.line()).isNull();
    }

    channel.close().block();
    try (StoreProcess other = StoreProcess.start(temporary, "hold")) {
      assertThat(other.line()).isEqualTo("open");
    }
  }

  /** Killed wherever it is: what it said was stored is there, and what is there is whole. */
  @Test
  void whatWasReportedSurvivesKilling() throws Exception {
    int kills = Integer.getInteger("store.kills", 10);
    long seed = Long.getLong("store.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int kill = 0; kill < kills; kill++) {
      long reported = 0;
      try (StoreProcess writer = StoreProcess.start(temporary, "write")) {
        int writes = random.nextInt(60);
        for (int n = 0; n < writes; n++) {
          reported = Long.parseLong(writer.line());
        }
        writer.close();
        for (String line = writer.line(); line != null; line = writer.line()) {
          reported = Long.parseLong(line);
        }
      }
      checkWhatIsLeft(reported, "kill %d of -Dstore.seed=%d".formatted(kill, seed));
    }
  }

  private void checkWhatIsLeft(long reported, String which) {
    StoredChannel channel = open();
    ChannelState state = channel.state();
    assertThat(state.next()).as(which).isGreaterThanOrEqualTo(reported);
    assertThat(state.received()).as(which).isEqualTo(state.next());
    assertThat(state.attempt()).as(which).isEqualTo(state.next());
    if (state.first() < state.next()) {
      List<byte[]> packets = channel.read(state.first(), Integer.MAX_VALUE).block();
      assertThat(packets).as(which).hasSize((int) (state.next() - state.first()));
      long bytes = 0;
      for (int n = 0; n < packets.size(); n++) {
        assertThat(packets.get(n)).as(which).isEqualTo(StoreProcess.packet(state.first() + n));
        bytes += packets.get(n).length;
      }
      assertThat(bytes).as(which).isEqualTo(state.bytes());
    }
    channel.close().block();
  }

  /**
   * What a killed process leaves does not show it, since the system still has what was not synced.
   */
  @Test
  void eachWriteIsSyncedBeforeItIsReported() throws Exception {
    Path calls = temporary.resolve("calls");
    List<String> tracer =
        List.of(
            "strace", "-f", "-y", "-qq", "-e", "fsync,fdatasync,rename", "-o", calls.toString());
    assumeTrue(StoreProcess.runs(tracer), "no strace, or none that may trace");

    try (StoreProcess writer = StoreProcess.start(tracer, temporary, "write a little")) {
      for (int n = 0; n < StoreProcess.WRITES; n++) {
        assertThat(writer.line()).isNotNull();
      }
      assertThat(writer.line()).isNull();
    }

    List<String> lines = Files.readAllLines(calls);
    assertThat(lines.stream().filter(line -> line.contains(".channel-wal>")))
        .hasSizeGreaterThanOrEqualTo(StoreProcess.WRITES);
    int renamed = 0;
    while (!lines.get(renamed).contains("rename(")) {
      renamed++;
    }
    // SQLite syncs the directory, too, once it makes a log there, and need not.
    assertThat(lines.get(renamed + 1))
        .as("the directory, before anything else once the new file has its name")
        .matches(".*fsync\\(\\d+<%s>.*".formatted(temporary));
  }

  @Test
  void theHeapHoldsNothingOfWhatIsKept() throws Exception {
    StoredChannel channel = open();
    int count = 128;
    for (int n = 0; n < count; n += 4) {
      channel.write(DiskSamples.append(n, 1 << 20, 4)).block();
    }
    channel.close().block();

    try (StoreProcess reader = StoreProcess.start(temporary, "read", "-Xmx32m")) {
      assertThat(reader.line()).isEqualTo(String.valueOf((long) count << 20));
    }
  }
}
