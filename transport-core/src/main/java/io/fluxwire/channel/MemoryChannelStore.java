package io.fluxwire.channel;

import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.record.Incarnation;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A store on the heap. Its content survives connections, and the closing and reopening of a
 * channel, but not the process. {@link ChannelSpec#maxBytes} limits how much a channel keeps.
 *
 * <p>Thread-safe; never blocks.
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
              StoredChannel opened = null;
              while (opened == null) {
                Part part =
                    parts.computeIfAbsent(key, ignored -> new Part(Incarnation.random(random)));
                opened = part.open(() -> parts.remove(key, part));
              }
              return opened;
            })
        // The random source may block.
        .subscribeOn(Schedulers.boundedElastic());
  }

  /** What one channel keeps. */
  private static final class Part {

    private final PacketRing packets = new PacketRing();
    private ChannelState state;
    private @Nullable Opened holder;
    private boolean deleted;

    Part(Incarnation own) {
      state = ChannelState.fresh(own);
    }

    /** Returns null when this part was deleted after it was looked up. */
    synchronized @Nullable StoredChannel open(Runnable remove) throws ChannelStoreException {
      if (deleted) {
        return null;
      }
      if (holder != null) {
        throw new ChannelStoreException(
            Kind.IN_USE, "the channel is open already in this process; close it first", null);
      }
      holder = new Opened(this, state, remove);
      return holder;
    }

    /**
     * Does nothing for a caller that has closed it before, since another caller may have opened it
     * since.
     */
    synchronized void close(Opened caller) {
      if (holder == caller) {
        holder = null;
      }
    }

    synchronized void delete(Opened caller, Runnable remove) {
      if (holder == caller) {
        holder = null;
        deleted = true;
        remove.run();
      }
    }

    private void requireOpen(Opened caller) throws ChannelStoreException {
      if (holder != caller) {
        throw new ChannelStoreException(Kind.FAILED, "the channel is closed; open it again", null);
      }
    }

    synchronized long write(Opened caller, ChannelWrite changes) throws ChannelStoreException {
      requireOpen(caller);
      long end = state.next() + changes.packets().size();
      if (changes.first() < state.first() || changes.first() > end) {
        throw new IllegalArgumentException(
            "packets below %d cannot be deleted: those from %d to %d are kept"
                .formatted(changes.first(), state.first(), end - 1));
      }
      long kept = state.bytes() + changes.bytes();
      changes.packets().forEach(packets::add);
      for (long number = state.first(); number < changes.first(); number++) {
        kept -= packets.remove().length;
      }
      state = changes.after(state, kept);
      return kept;
    }

    synchronized List<byte[]> read(Opened caller, long from, int maxBytes)
        throws ChannelStoreException {
      requireOpen(caller);
      if (from < state.first() || from >= state.next()) {
        throw new IllegalArgumentException(
            "packet %d is not kept: those from %d to %d are"
                .formatted(from, state.first(), state.next() - 1));
      }
      List<byte[]> found = new ArrayList<>();
      long bytes = 0;
      for (long number = from; number < state.next(); number++) {
        byte[] next = packets.get(number);
        bytes += next.length;
        if (bytes > maxBytes && !found.isEmpty()) {
          break;
        }
        found.add(next);
      }
      return found;
    }
  }

  private static final class Opened implements StoredChannel {

    private final Part part;
    private final ChannelState state;
    private final Runnable remove;

    Opened(Part part, ChannelState state, Runnable remove) {
      this.part = part;
      this.state = state;
      this.remove = remove;
    }

    @Override
    public ChannelState state() {
      return state;
    }

    @Override
    public Mono<Long> write(ChannelWrite changes) {
      return Mono.fromCallable(() -> part.write(this, changes));
    }

    @Override
    public Mono<List<byte[]>> read(long from, int maxBytes) {
      return Mono.fromCallable(() -> part.read(this, from, maxBytes));
    }

    @Override
    public Mono<Void> close() {
      return Mono.fromRunnable(() -> part.close(this));
    }

    @Override
    public Mono<Void> delete() {
      return Mono.fromRunnable(() -> part.delete(this, remove));
    }
  }
}
