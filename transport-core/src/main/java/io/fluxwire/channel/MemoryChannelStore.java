package io.fluxwire.channel;

import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.record.Incarnation;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A store on the heap: it survives connections, and closing and opening a channel, but not its
 * process. What a channel may keep is bounded by {@link ChannelSpec#maxBytes}.
 *
 * <p>Thread-safe, and blocks nobody.
 */
public final class MemoryChannelStore implements ChannelStore {

  private final SecureRandom random = new SecureRandom();
  private final Map<ChannelKey, Part> parts = new ConcurrentHashMap<>();

  private MemoryChannelStore() {}

  /**
   * An empty store.
   *
   * @return the store
   */
  public static MemoryChannelStore create() {
    return new MemoryChannelStore();
  }

  @Override
  public Mono<StoredChannel> open(ChannelKey key) {
    return Mono.fromCallable(
            () -> {
              Part part =
                  parts.computeIfAbsent(key, ignored -> new Part(Incarnation.random(random)));
              return part.open(() -> parts.remove(key, part));
            })
        // The random source may block.
        .subscribeOn(Schedulers.boundedElastic());
  }

  /** What one channel keeps. */
  private static final class Part {

    private final Deque<byte[]> packets = new ArrayDeque<>();
    private ChannelState state;
    private boolean open;

    Part(Incarnation own) {
      state = ChannelState.fresh(own);
    }

    synchronized StoredChannel open(Runnable delete) throws ChannelStoreException {
      if (open) {
        throw new ChannelStoreException(
            Kind.IN_USE, "the channel is open already in this process; close it first", null);
      }
      open = true;
      return new Opened(this, state, delete);
    }

    synchronized void close() {
      open = false;
    }

    synchronized long write(ChannelWrite changes) {
      long kept = state.bytes() + changes.bytes();
      packets.addAll(changes.packets());
      for (long number = state.first(); number < changes.first(); number++) {
        kept -= packets.removeFirst().length;
      }
      state = changes.after(state, kept);
      return kept;
    }

    synchronized List<byte[]> read(long from, int maxBytes) {
      if (from < state.first() || from >= state.next()) {
        throw new IllegalArgumentException(
            "packet %d is not kept: those from %d to %d are"
                .formatted(from, state.first(), state.next() - 1));
      }
      List<byte[]> found = new ArrayList<>();
      Iterator<byte[]> all = packets.iterator();
      for (long number = state.first(); number < from; number++) {
        all.next();
      }
      long bytes = 0;
      while (all.hasNext()) {
        byte[] next = all.next();
        bytes += next.length;
        if (bytes > maxBytes && !found.isEmpty()) {
          break;
        }
        found.add(next);
      }
      return found;
    }
  }

  private record Opened(Part part, ChannelState state, Runnable remove) implements StoredChannel {

    @Override
    public Mono<Long> write(ChannelWrite changes) {
      return Mono.fromSupplier(() -> part.write(changes));
    }

    @Override
    public Mono<List<byte[]>> read(long from, int maxBytes) {
      return Mono.fromSupplier(() -> part.read(from, maxBytes));
    }

    @Override
    public Mono<Void> close() {
      return Mono.fromRunnable(part::close);
    }

    @Override
    public Mono<Void> delete() {
      return Mono.fromRunnable(remove);
    }
  }
}
