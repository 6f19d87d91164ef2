package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.StoredChannel;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Objects;
import reactor.core.publisher.Mono;

/**
 * A store on disk. What it has reported as stored survives a crash of the process and, if the disk
 * keeps what was synced, of the machine. Each channel has its own SQLite database in one directory,
 * and each write is one synced transaction.
 *
 * <p>A channel can be open only once: other calls and other processes are refused with {@code
 * IN_USE} until it is closed or its process has ended. The directory has to be on a local file
 * system, since locks on network file systems are not reliable. While a channel is open, nothing
 * else may touch its files; a copy that is made meanwhile is not usable.
 *
 * <p>Damaged data is refused with {@code CORRUPT}, and files that are not a channel's with {@code
 * FOREIGN}, when the channel is opened or the packet is read. Nothing is repaired. A write that had
 * not completed at a crash is not damage: it is stored either completely or not at all. A store
 * cannot detect two faults by itself. First, if the bytes of the last completed write are damaged
 * after a crash and before the channel is opened again, that write is lost, since it looks like one
 * that had not completed. Second, an old copy of a file that was restored looks like the newest;
 * the two sides detect this when they connect, by the numbers and attempts that they tell each
 * other.
 *
 * <p>Only the packets of the current write or read are on the heap, none of the stored ones.
 * Packets are not encrypted on disk. The space of deleted packets is reused, and it is returned to
 * the file system when more than half of a large file is unused.
 *
 * <p>Thread-safe; does not block callers. Disk work runs on a few daemon threads that end when
 * idle, so that only the channels have to be closed, not the store. A cancelled write may have been
 * stored.
 */
public final class DiskChannelStore implements ChannelStore {

  private static final int DEFAULT_THREADS = 4;

  private final Path directory;
  private final DiskThreads threads;
  private final SecureRandom random = new SecureRandom();

  private DiskChannelStore(Path directory, int threads) {
    this.directory = directory.toAbsolutePath();
    this.threads = new DiskThreads(threads);
  }

  /**
   * A store with four threads.
   *
   * @param directory the store's directory; created when a channel is opened, the disk is not
   *     accessed before
   * @return the store
   * @throws UnsupportedOperationException when the path is not of the default file system
   */
  public static DiskChannelStore create(Path directory) {
    return create(directory, DEFAULT_THREADS);
  }

  /**
   * A store.
   *
   * @param directory the store's directory; created when a channel is opened, the disk is not
   *     accessed before
   * @param threads how many channels can read or write at the same time, 1 or more; during most of
   *     a write, its thread waits for the disk
   * @return the store
   * @throws UnsupportedOperationException when the path is not of the default file system
   */
  public static DiskChannelStore create(Path directory, int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("a store needs a thread, not " + threads);
    }
    Objects.requireNonNull(directory.toFile(), "directory");
    return new DiskChannelStore(directory, threads);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Cancelling leaves the channel closed. Opening reads no payloads, however many are kept;
   * after a crash it replays the log of the last writes, some 16 MiB.
   */
  @Override
  public Mono<StoredChannel> open(ChannelKey key) {
    Objects.requireNonNull(key, "key");
    return threads
        .open(
            () -> new DiskChannel(ChannelFile.open(directory, key, random), threads),
            DiskChannel::closeNow)
        .cast(StoredChannel.class);
  }

  @Override
  public String toString() {
    return "DiskChannelStore(" + directory + ")";
  }
}
