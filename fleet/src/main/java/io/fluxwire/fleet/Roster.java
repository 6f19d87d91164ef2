package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.FleetGroup.Change;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.Isolated;
import io.fluxwire.internal.SerialExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.scheduler.Scheduler;

/**
 * Emits the changes of the directory. It keeps a copy of the directory only while it has
 * subscribers: it loads the copy for the first subscriber, and again when changes may have been
 * missed. Changes that arrive during a load wait until its end.
 */
final class Roster {

  /** How many changes may wait for a slow subscriber. */
  private static final int AHEAD = 1024;

  /** How many changes may wait for a load; with more, the load begins anew. */
  private static final int MOST_MEANWHILE = 65_536;

  private static final Duration LOAD_AGAIN = Duration.ofSeconds(1);

  private enum State {
    /** Nobody subscribes. */
    EMPTY,
    /** The rows are asked for. */
    LOADING,
    /** The copy is whole. */
    LOADED,
    /** This instance has left its fleet. */
    OVER
  }

  private final SerialExecutor serial;
  private final Bus bus;
  private final Scheduler timers;
  private final Disposable.Swap loading = Disposables.swap();

  // What follows is used only in the executor's turns.

  private State state = State.EMPTY;
  private final Set<Observer> observers = new LinkedHashSet<>();
  private Set<InstanceId> members = Set.of();

  /** All rows of members; mostly one for a peer. */
  private Map<NodeId, List<Holding>> rows = new HashMap<>();

  /** The changes that came during the load. */
  private final List<Event> meanwhile = new ArrayList<>();

  private record Event(Holding row, boolean held) {}

  Roster(SerialExecutor serial, Bus bus, Scheduler timers) {
    this.serial = serial;
    this.bus = bus;
    this.timers = timers;
  }

  private static final class Observer {

    private final FluxSink<Change> sink;
    private final AtomicLong delivered;
    private long emitted;
    private long first;
    private boolean begun;

    Observer(FluxSink<Change> sink, AtomicLong delivered) {
      this.sink = sink;
      this.delivered = delivered;
    }

    /** Emits the state at the beginning, which the limit of {@link #AHEAD} does not apply to. */
    void begin(List<Change> changes) {
      begun = true;
      first = changes.size();
      changes.forEach(this::emit);
    }

    void emit(Change change) {
      emitted++;
      if (emitted - Math.max(first, delivered.get()) > AHEAD) {
        sink.error(Exceptions.failWithOverflow("a subscriber is more than 1,024 changes behind"));
      } else {
        sink.next(change);
      }
    }
  }

  Flux<Change> changes() {
    Flux<Change> changes =
        Flux.defer(
            () -> {
              AtomicLong delivered = new AtomicLong();
              return Flux.<Change>create(
                      sink -> serial.execute(() -> begin(new Observer(sink, delivered))),
                      // The observer limits it: only it can tell the first state from changes.
                      FluxSink.OverflowStrategy.BUFFER)
                  .doOnNext(change -> delivered.incrementAndGet());
            });
    return Isolated.flux(changes, thrown -> {});
  }

  private void begin(Observer observer) {
    if (state == State.OVER) {
      observer.sink.complete();
      return;
    }
    observers.add(observer);
    observer.sink.onDispose(() -> serial.execute(() -> remove(observer)));
    if (state == State.LOADED) {
      observer.begin(all());
    } else if (state == State.EMPTY) {
      load();
    }
  }

  private void remove(Observer observer) {
    observers.remove(observer);
    if (observers.isEmpty() && state != State.OVER) {
      state = State.EMPTY;
      loading.update(Disposables.disposed());
      rows = new HashMap<>();
      meanwhile.clear();
    }
  }

  private void load() {
    state = State.LOADING;
    meanwhile.clear();
    loading.update(
        bus.link()
            .flatMapMany(link -> link.holdings())
            .collectList()
            .subscribe(
                loaded -> serial.execute(() -> loaded(loaded)),
                failure -> serial.execute(this::loadLater)));
  }

  private void loadLater() {
    if (state == State.LOADING) {
      loading.update(
          timers.schedule(
              () -> serial.execute(this::loadAgain), LOAD_AGAIN.toNanos(), TimeUnit.NANOSECONDS));
    }
  }

  private void loadAgain() {
    if (state == State.LOADING) {
      load();
    }
  }

  private void loaded(List<Holding> loaded) {
    if (state != State.LOADING) {
      return;
    }
    Map<NodeId, List<Holding>> before = rows;
    rows = new HashMap<>();
    loaded.stream().filter(row -> members.contains(row.instance())).forEach(this::put);
    for (Event event : meanwhile) {
      if (event.held) {
        put(event.row);
      } else {
        take(event.row);
      }
    }
    meanwhile.clear();
    state = State.LOADED;
    Set<NodeId> peers = new LinkedHashSet<>(before.keySet());
    peers.addAll(rows.keySet());
    for (NodeId peer : peers) {
      tell(peer, counts(before.get(peer)), counts(rows.get(peer)));
    }
    List<Change> all = all();
    for (Observer observer : List.copyOf(observers)) {
      if (!observer.begun) {
        observer.begin(all);
      }
    }
  }

  private List<Change> all() {
    List<Change> all = new ArrayList<>();
    rows.forEach(
        (peer, of) -> {
          Holding row = counts(of);
          if (row != null) {
            all.add(new Change.Appeared(peer, row.instance()));
          }
        });
    return all;
  }

  private static @Nullable Holding counts(@Nullable List<Holding> of) {
    return of == null ? null : of.stream().max(Holding.BY_EPOCH).orElse(null);
  }

  private void put(Holding row) {
    List<Holding> of = new ArrayList<>(rows.getOrDefault(row.peer(), List.of()));
    of.removeIf(other -> other.instance().equals(row.instance()));
    of.add(row);
    rows.put(row.peer(), List.copyOf(of));
  }

  private void take(Holding row) {
    List<Holding> of =
        rows.getOrDefault(row.peer(), List.of()).stream()
            .filter(other -> !other.equals(row))
            .toList();
    if (of.isEmpty()) {
      rows.remove(row.peer());
    } else {
      rows.put(row.peer(), of);
    }
  }

  private void tell(NodeId peer, @Nullable Holding before, @Nullable Holding after) {
    Change change = null;
    if (before == null && after != null) {
      change = new Change.Appeared(peer, after.instance());
    } else if (before != null && after == null) {
      change = new Change.Gone(peer, before.instance());
    } else if (before != null && after != null && !before.instance().equals(after.instance())) {
      change = new Change.Moved(peer, before.instance(), after.instance());
    }
    if (change != null) {
      for (Observer observer : List.copyOf(observers)) {
        if (observer.begun) {
          observer.emit(change);
        }
      }
    }
  }

  /** In a turn, as all methods that follow. */
  void row(Holding row, boolean isHeld) {
    if (state == State.LOADING && meanwhile.size() < MOST_MEANWHILE) {
      meanwhile.add(new Event(row, isHeld));
    } else if (state == State.LOADING) {
      load();
    } else if (state == State.LOADED && members.contains(row.instance())) {
      Holding before = counts(rows.get(row.peer()));
      if (isHeld) {
        put(row);
      } else {
        take(row);
      }
      tell(row.peer(), before, counts(rows.get(row.peer())));
    }
  }

  void members(Set<InstanceId> now) {
    boolean more = !members.containsAll(now);
    members = now;
    if (state == State.LOADED && more) {
      // Rows of a member may have come before it was one.
      load();
    } else if (state == State.LOADED) {
      for (NodeId peer : List.copyOf(rows.keySet())) {
        List<Holding> of = rows.getOrDefault(peer, List.of());
        List<Holding> left = of.stream().filter(row -> now.contains(row.instance())).toList();
        if (left.size() < of.size()) {
          Holding before = counts(of);
          if (left.isEmpty()) {
            rows.remove(peer);
          } else {
            rows.put(peer, left);
          }
          tell(peer, before, counts(left));
        }
      }
    }
  }

  void missed() {
    if (state == State.LOADING || state == State.LOADED) {
      load();
    }
  }

  void left() {
    state = State.OVER;
    loading.dispose();
    rows = new HashMap<>();
    meanwhile.clear();
    List.copyOf(observers).forEach(observer -> observer.sink.complete());
  }
}
