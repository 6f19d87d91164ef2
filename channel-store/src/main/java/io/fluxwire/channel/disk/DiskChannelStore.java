package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.StoredChannel;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Objects;
import reactor.core.publisher.Mono;

/**
 * A store on disk: what it reported as stored survives the end of the process and, where the disk
 * keeps what it was told to sync, of the machine. Each channel has a database of SQLite's of its
 * own in one directory, and each write is one synced transaction.
 *
 * <p>A channel is open once: other calls and other processes are refused with {@code IN_USE} until
 * it is closed or its process has ended. The directory has to be on a local file system, since
 * locks of network file systems do not hold. Nothing but this class may touch its files while a
 * channel is open; a copy made then is not one.
 *
 * <p>What is damaged is refused with {@code CORRUPT}, and what is not a channel's with {@code
 * FOREIGN}, when the channel is opened or the packet is read; nothing is repaired. A write that had
 * not completed when the process or the machine ended is no damage: it is there as a whole or not
 * at all. Two faults no store can see by itself. The last completed write may be lost if its bytes
 * on disk are damaged before the channel is opened again after a crash, as it then looks like one
 * that had not completed. And an old copy of a file that was put back looks like the newest: the
 * two sides find out when they connect, by the numbers and attempts that they tell each other.
 *
 * <p>The heap holds what a write or a read carries, and nothing of what is kept. Packets are on
 * disk as they are, not encrypted. Space of deleted packets is used again, and given back to the
 * file system when more than half of a large file is unused.
 *
 * <p>Thread-safe, and blocks no caller: disk work runs on a few daemon threads that end when idle,
 * so that there is nothing to close but the channels. A cancelled write may have been stored.
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
   * @param directory where it is; made when a channel is opened. Touches no disk before
   * @return the store
   * @throws UnsupportedOperationException when the path is not of the default file system
   */
  public static DiskChannelStore create(Path directory) {
    return create(directory, DEFAULT_THREADS);
  }

  /**
   * A store.
   *
   * @param directory where it is; made when a channel is opened. Touches no disk before
   * @param threads how many channels can read or write at the same time, 1 or more; a thread waits
   *     for the disk for most of a write
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
   * <p>A cancelled call leaves the channel closed. Reads no payload, however much is kept; after a
   * crash it replays the log of the last writes, some 16 MiB.
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
