package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelWrite;
import io.fluxwire.channel.StoredChannel;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Mono;

/** A channel's file, accessed on the store's threads and not on the caller's. */
final class DiskChannel implements StoredChannel {

  private final ChannelFile file;
  private final DiskThreads threads;
  private final ChannelState opened;

  DiskChannel(ChannelFile file, DiskThreads threads) {
    this.file = file;
    this.threads = threads;
    this.opened = file.state();
  }

  @Override
  public ChannelState state() {
    return opened;
  }

  @Override
  public Mono<Long> write(ChannelWrite changes) {
    Objects.requireNonNull(changes, "changes");
    return threads.run(() -> file.write(changes));
  }

  @Override
  public Mono<List<byte[]>> read(long from, int maxBytes) {
    return threads.run(() -> file.read(from, maxBytes));
  }

  @Override
  public Mono<Void> close() {
    return threads
        .run(
            () -> {
              file.close();
              return true;
            })
        .then();
  }

  @Override
  public Mono<Void> delete() {
    return threads
        .run(
            () -> {
              file.delete();
              return true;
            })
        .then();
  }

  /** Closes a channel for which nobody waits any more. */
  void closeNow() {
    file.close();
  }
}
