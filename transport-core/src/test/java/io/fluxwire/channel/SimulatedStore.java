package io.fluxwire.channel;

import io.fluxwire.record.Incarnation;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
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

  private record Read(long from, MonoSink<List<byte[]>> sink) {}

  private final TreeMap<Long, byte[]> packets = new TreeMap<>();
  private final List<Read> reads = new ArrayList<>();

  /** All payloads that were ever stored, by their numbers. */
  private List<byte[]> log = new ArrayList<>();

  /** Who opened it last: the store does nothing for a process that has crashed. */
  private @Nullable Opened opened;

  private ChannelState state = ChannelState.fresh(Incarnation.random(RANDOM));
  private @Nullable ChannelWrite pending;
  private @Nullable MonoSink<Long> waiting;
  private long room = Long.MAX_VALUE;
  private boolean automatic;
  private int writes;

  /** Every write ends at once. */
  SimulatedStore automatic() {
    automatic = true;
    return this;
  }

  ChannelState state() {
    return state;
  }

  /** How many were begun. */
  int writes() {
    return writes;
  }

  boolean isWriting() {
    return pending != null;
  }

  List<byte[]> log() {
    return log;
  }

  /** From now on packets are refused that do not fit beside what is kept. */
  void room(long bytes) {
    room = bytes;
  }

  /**
   * The write that is under way ends.
   *
   * @return whether there was one, and it is stored
   */
  boolean complete() {
    ChannelWrite changes = pending;
    if (changes == null) {
      return false;
    }
    long kept = bytes(packets.tailMap(changes.first()).values());
    if (kept > 0 && !changes.packets().isEmpty() && kept + changes.bytes() > room) {
      refuse();
      return false;
    }
    MonoSink<Long> sink = waiting;
    apply();
    if (sink != null) {
      sink.success(state.bytes());
    }
    return true;
  }

  /** The write that is under way does not fit. */
  void refuse() {
    MonoSink<Long> sink = waiting;
    pending = null;
    waiting = null;
    if (sink != null) {
      sink.error(new ChannelStoreException(ChannelStoreException.Kind.FULL, "full", null));
    }
  }

  int reads() {
    return reads.size();
  }

  /** A read that is under way ends. */
  void completeRead(int which) {
    Read read = reads.remove(which);
    List<byte[]> found = new ArrayList<>();
    for (byte[] packet : packets.tailMap(read.from()).values()) {
      if (found.size() == 3) {
        break;
      }
      found.add(packet);
    }
    if (packets.containsKey(read.from())) {
      read.sink().success(found);
    } else {
      read.sink()
          .error(
              new ChannelStoreException(
                  ChannelStoreException.Kind.FAILED,
                  "packet %d is gone".formatted(read.from()),
                  null));
    }
  }

  private static long bytes(Collection<byte[]> payloads) {
    return payloads.stream().mapToLong(packet -> packet.length).sum();
  }

  /** Whoever waits for a write does not exist any more. */
  void crash(boolean written) {
    if (written) {
      apply();
    }
    forget();
  }

  private void forget() {
    pending = null;
    waiting = null;
    reads.clear();
    opened = null;
  }

  /** What was kept is lost. */
  void lose() {
    packets.clear();
    log = new ArrayList<>();
    state = ChannelState.fresh(Incarnation.random(RANDOM));
    forget();
  }

  /** A copy of what is there now. */
  SimulatedStore copy() {
    SimulatedStore copy = new SimulatedStore();
    copy.packets.putAll(packets);
    copy.log.addAll(log);
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
      log.add(packet);
    }
    packets.headMap(changes.first()).clear();
    state = changes.after(state, bytes(packets.values()));
  }

  @Override
  public Mono<StoredChannel> open(ChannelKey key) {
    Opened now = new Opened(state);
    opened = now;
    return Mono.just(now);
  }

  private final class Opened implements StoredChannel {

    private final ChannelState then;

    Opened(ChannelState then) {
      this.then = then;
    }

    @Override
    public ChannelState state() {
      return then;
    }

    @Override
    public Mono<Long> write(ChannelWrite changes) {
      return Mono.create(
          sink -> {
            if (opened != this) {
              return;
            }
            if (pending != null) {
              throw new IllegalStateException("two writes at once");
            }
            pending = changes;
            writes++;
            waiting = sink;
            if (automatic) {
              complete();
            }
          });
    }

    @Override
    public Mono<List<byte[]>> read(long from, int maxBytes) {
      return Mono.create(
          sink -> {
            if (opened == this) {
              reads.add(new Read(from, sink));
              if (automatic) {
                completeRead(reads.size() - 1);
              }
            }
          });
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
