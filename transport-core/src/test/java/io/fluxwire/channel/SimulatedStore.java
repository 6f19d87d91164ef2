package io.fluxwire.channel;

import io.fluxwire.record.Incarnation;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * A store whose writes end when the test says so, and which survives a crash of its side as it was:
 * with the write that was under way, or without.
 */
final class SimulatedStore implements ChannelStore {

  private static final SecureRandom RANDOM = new SecureRandom();

  private final TreeMap<Long, byte[]> packets = new TreeMap<>();
  private ChannelState state = ChannelState.fresh(Incarnation.random(RANDOM));
  private @Nullable ChannelWrite pending;
  private @Nullable MonoSink<Long> waiting;
  private boolean automatic;

  /** Every write ends at once. */
  SimulatedStore automatic() {
    automatic = true;
    return this;
  }

  ChannelState state() {
    return state;
  }

  boolean isWriting() {
    return pending != null;
  }

  /** The write that is under way ends. */
  void complete() {
    MonoSink<Long> sink = waiting;
    apply();
    if (sink != null) {
      sink.success(state.bytes());
    }
  }

  /** Whoever waits for a write does not exist any more. */
  void crash(boolean written) {
    if (written) {
      apply();
    }
    pending = null;
    waiting = null;
  }

  /** What was kept is lost. */
  void lose() {
    packets.clear();
    state = ChannelState.fresh(Incarnation.random(RANDOM));
    pending = null;
    waiting = null;
  }

  /** A copy of what is there now. */
  SimulatedStore copy() {
    SimulatedStore copy = new SimulatedStore();
    copy.packets.putAll(packets);
    copy.state = state;
    copy.automatic = automatic;
    return copy;
  }

  private void apply() {
    ChannelWrite changes = pending;
    pending = null;
    waiting = null;
    if (changes == null) {
      return;
    }
    long number = state.next();
    for (byte[] packet : changes.packets()) {
      packets.put(number++, packet);
    }
    packets.headMap(changes.first()).clear();
    long kept = packets.values().stream().mapToLong(packet -> packet.length).sum();
    state = changes.after(state, kept);
  }

  @Override
  public Mono<StoredChannel> open(ChannelKey key) {
    return Mono.just(new Opened(state));
  }

  private final class Opened implements StoredChannel {

    private final ChannelState opened;

    Opened(ChannelState opened) {
      this.opened = opened;
    }

    @Override
    public ChannelState state() {
      return opened;
    }

    @Override
    public Mono<Long> write(ChannelWrite changes) {
      return Mono.create(
          sink -> {
            if (pending != null) {
              throw new IllegalStateException("two writes at once");
            }
            pending = changes;
            waiting = sink;
            if (automatic) {
              complete();
            }
          });
    }

    @Override
    public Mono<List<byte[]>> read(long from, int maxBytes) {
      List<byte[]> found = new ArrayList<>();
      for (byte[] packet : packets.tailMap(from).values()) {
        if (found.size() == 3) {
          break;
        }
        found.add(packet);
      }
      return Mono.just(found);
    }

    @Override
    public Mono<Void> close() {
      return Mono.empty();
    }

    @Override
    public Mono<Void> delete() {
      return Mono.fromRunnable(SimulatedStore.this::lose);
    }
  }
}
