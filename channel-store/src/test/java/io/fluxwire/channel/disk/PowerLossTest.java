package io.fluxwire.channel.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.StoredChannel;
import io.fluxwire.channel.disk.StoreScript.Kept;
import io.fluxwire.channel.disk.TracedDisk.Unsynced;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * What a loss of power can leave: the calls of a process that stores are replayed on a disk that
 * has what was synced and only parts of what was not, and the store is opened on that.
 */
@Tag("processes")
@Timeout(3_600)
class PowerLossTest {

  /** How many more losses of each process there are than those after each report. */
  private static final int LOSSES = 60;

  /** No sync has to wait for a disk: what counts is that it was asked for. */
  static final class InMemory implements TempDirFactory {

    private static final long NEEDED = 1L << 30;

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
        throws IOException {
      Path memory = Path.of("/dev/shm");
      boolean fits = Files.isWritable(memory) && memory.toFile().getUsableSpace() > NEEDED;
      return fits ? Files.createTempDirectory(memory, "power") : Files.createTempDirectory("power");
    }
  }

  @TempDir(factory = InMemory.class)
  Path temporary;

  private int losses;

  @BeforeEach
  void needsStrace() throws Exception {
    assumeTrue(
        StoreProcess.runs(FileCalls.tracer(temporary.resolve("nothing"))),
        "no strace, or none that may trace");
  }

  @Test
  void whatWasReportedSurvivesALossOfPower() throws Exception {
    int scale = Integer.getInteger("fluxwire.power.scale", 1);
    long seed = Long.getLong("fluxwire.power.seed", System.nanoTime());
    for (int turn = 0; turn < scale; turn++) {
      Random random = new Random(seed + turn);
      Path root = Files.createDirectories(temporary.resolve("turn" + turn)).toRealPath();
      StoreScript first = StoreScript.of(random.nextLong(), 40, 3, true, Kept.NOTHING);
      Left left = lose(first, Files.createDirectory(root.resolve("first")), random);
      // It goes on from what was left, until SQLite has moved its log into the database.
      StoreScript second = StoreScript.of(random.nextLong(), 30, 50, false, left.kept());
      lose(second, left.disk(), random);
      delete(root);
    }
    System.out.printf("power lost %,d times, seed %d%n", losses, seed);
  }

  /** What a loss left, and what the store has on it. */
  private record Left(Path disk, Kept kept) {}

  private Left lose(StoreScript script, Path disk, Random random) throws Exception {
    Path trace = temporary.resolve("trace");
    TracedDisk traced = new TracedDisk(disk);
    // Its directory and the one above are made by the store.
    Path directory = disk.resolve("of").resolve("channels");
    try (StoreProcess writer =
        StoreProcess.start(FileCalls.tracer(trace), directory, script.toString())) {
      for (int n = 0; n < script.length(); n++) {
        assertThat(writer.line()).as("%s", script).isEqualTo("stored");
      }
      assertThat(writer.line()).isNull();
    }
    List<FileCalls.Call> calls = FileCalls.read(trace, disk);
    Files.delete(trace);

    Left left = null;
    int reported = 0;
    for (FileCalls.Call call : calls) {
      call.effect().accept(traced);
      boolean reports = call.said() != null && call.said().endsWith("stored");
      reported += reports ? 1 : 0;
      if (reports || random.nextInt(calls.size()) < LOSSES) {
        Unsynced kept = reports ? Unsynced.NONE : any(random);
        Path after = disk.resolveSibling("loss" + losses++);
        long seed = random.nextLong();
        traced.lose(kept, new Random(seed), after);
        Kept found = check(after, script, reported, kept);
        if (!reports && random.nextInt(10) == 0) {
          // The check has moved the log into the database.
          delete(after);
          traced.lose(kept, new Random(seed), after);
          if (left != null) {
            delete(left.disk());
          }
          left = new Left(after, found);
        } else {
          delete(after);
        }
      }
    }
    assertThat(reported).as("steps that were reported").isEqualTo(script.length());
    checkReplay(traced, disk);
    return left == null ? new Left(disk, script.states(reported).get(0)) : left;
  }

  private static Unsynced any(Random random) {
    Unsynced[] all = Unsynced.values();
    return all[random.nextInt(all.length)];
  }

  private Kept check(Path disk, StoreScript script, int reported, Unsynced kept) {
    String which =
        "%s after %d of %s, with %s of what was not synced"
            .formatted(disk.getFileName(), reported, script, kept);
    List<Kept> allowed = script.states(reported);
    StoredChannel channel;
    try {
      channel = DiskSamples.open(DiskChannelStore.create(disk.resolve("of").resolve("channels")));
    } catch (RuntimeException e) {
      throw new AssertionError(which, e);
    }
    ChannelState state = channel.state();
    List<Kept> found = allowed.stream().filter(one -> one.isOf(state)).toList();
    assertThat(found).as("%s: %s, not one of %s", which, state, allowed).isNotEmpty();
    List<byte[]> packets = new ArrayList<>();
    if (state.first() < state.next()) {
      packets.addAll(channel.read(state.first(), Integer.MAX_VALUE).block());
    }
    assertThat(packets).as(which).hasSize((int) (state.next() - state.first()));
    for (int n = 0; n < packets.size(); n++) {
      assertThat(packets.get(n)).as(which).isEqualTo(StoreScript.packet(state.first() + n));
    }
    channel.close().block();
    return found.get(0);
  }

  /** All calls were understood: with everything that they did, the disk is as it really is. */
  private static void checkReplay(TracedDisk traced, Path disk) throws IOException {
    Path whole = disk.resolveSibling("whole");
    traced.lose(Unsynced.ALL, new Random(0), whole);
    for (Path file : files(disk)) {
      Path replayed = whole.resolve(disk.relativize(file));
      assertThat(replayed).exists();
      if (Files.isRegularFile(file)) {
        assertThat(Files.mismatch(replayed, file)).as("%s", file).isEqualTo(-1);
      }
    }
    assertThat(files(whole)).hasSameSizeAs(files(disk));
    delete(whole);
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.toList();
    }
  }

  private static void delete(Path directory) throws IOException {
    for (Path file : files(directory).stream().sorted(Comparator.reverseOrder()).toList()) {
      Files.delete(file);
    }
  }
}
