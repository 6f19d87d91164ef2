package io.fluxwire.channel.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.channel.StoredChannel;
import java.io.File;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full: a small one in memory, which only root can mount. */
class DiskFullTest {

  private static final int MIB = 1 << 20;
  private static final int PACKET = 100_000;

  @TempDir Path temporary;
  private boolean mounted;

  @BeforeEach
  void mount() throws Exception {
    mounted = run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", temporary.toString());
    assumeTrue(mounted, "no disk of its own: 'mount -t tmpfs' is for root");
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      assertThat(run("umount", temporary.toString())).isTrue();
    }
  }

  private static boolean run(String... command) throws Exception {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(new File("target/mount.log"))
              .start();
    } catch (java.io.IOException e) {
      return false;
    }
    return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  private StoredChannel open() {
    return DiskSamples.open(DiskChannelStore.create(temporary.resolve("store")));
  }

  /** A file that takes room away. */
  private Path fill(long bytes) throws Exception {
    Path ballast = temporary.resolve("ballast");
    try (RandomAccessFile file = new RandomAccessFile(ballast.toFile(), "rw")) {
      byte[] block = new byte[4096];
      for (long written = 0; written < bytes; written += block.length) {
        file.write(block);
      }
    }
    return ballast;
  }

  @Test
  void aWriteThatHasNoRoomStoresNothingAndWorksOnceThereIsSome() throws Exception {
    Path ballast = fill(5L * MIB);
    StoredChannel channel = open();
    long next = 0;
    Throwable error = null;
    while (error == null) {
      long number = next;
      error = catchThrowable(() -> channel.write(DiskSamples.append(number, PACKET, 1)).block());
      next += error == null ? 1 : 0;
    }
    assertThat(DiskSamples.kind(error)).isEqualTo(Kind.FULL);
    assertThat(error).hasMessageContaining("nothing was stored");
    long number = next;
    assertThat(
            DiskSamples.kind(
                catchThrowable(() -> channel.write(DiskSamples.append(number, PACKET, 3)).block())))
        .isEqualTo(Kind.FULL);
    assertThat(channel.read(0, Integer.MAX_VALUE).block()).hasSize((int) next);

    Files.delete(ballast);
    channel.write(DiskSamples.append(next, PACKET, 3)).block();
    channel.close().block();

    StoredChannel later = open();
    assertThat(later.state().next()).isEqualTo(next + 3);
    assertThat(later.state().bytes()).isEqualTo((next + 3) * PACKET);
    for (long n = 0; n < next + 3; n++) {
      assertThat(later.read(n, 1).block()).containsExactly(DiskSamples.payload(n, PACKET));
    }
    later.close().block();
  }

  @Test
  void whatWasStoredOnAFullDiskIsThereAfterReopening() throws Exception {
    Path ballast = fill(5L * MIB);
    StoredChannel channel = open();
    long next = 0;
    while (true) {
      long number = next;
      if (catchThrowable(() -> channel.write(DiskSamples.append(number, PACKET, 1)).block())
          != null) {
        break;
      }
      next++;
    }
    channel.close().block();

    StoredChannel later = open();
    ChannelState state = later.state();
    assertThat(state.next()).isEqualTo(next).isPositive();
    assertThat(later.read(0, Integer.MAX_VALUE).block()).hasSize((int) next);
    Files.delete(ballast);
    later.write(DiskSamples.trim(next, DiskSamples.payload(next, PACKET))).block();
    later.close().block();
  }

  @Test
  void aChannelThatHasNoRoomIsNotMade() throws Exception {
    Path ballast = fill(8L * MIB - 16_384);

    assertThat(DiskSamples.kind(catchThrowable(this::open))).isEqualTo(Kind.FULL);

    Files.delete(ballast);
    StoredChannel channel = open();
    assertThat(channel.state().isNew()).isTrue();
    channel.close().block();
  }
}
