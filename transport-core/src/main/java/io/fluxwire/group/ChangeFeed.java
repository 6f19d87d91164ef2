package io.fluxwire.group;

import io.fluxwire.group.PeerGroup.Change;
import io.fluxwire.internal.Isolated;
import io.fluxwire.internal.SerialExecutor;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * Tells the changes of a group. Who subscribes gets the state of one turn of the executor, and from
 * then on each change once, since changes are emitted in the turn that makes them.
 */
final class ChangeFeed<P> {

  /** How many changes may wait for a subscriber that is slow. */
  private static final int AHEAD = 1024;

  private final SerialExecutor serial;
  private final Supplier<List<Change<P>>> state;

  // What follows belongs to the executor's turns.

  private final Set<Observer<P>> observers = new LinkedHashSet<>();
  private boolean over;

  /**
   * A feed without subscribers.
   *
   * @param serial runs whatever changes the group
   * @param state how the group is, as changes from an empty one; asked in a turn
   */
  ChangeFeed(SerialExecutor serial, Supplier<List<Change<P>>> state) {
    this.serial = serial;
    this.state = state;
  }

  private static final class Observer<P> {

    private final AtomicLong delivered = new AtomicLong();
    private @Nullable FluxSink<Change<P>> sink;
    private long emitted;

    /**
     * How much of what was emitted is the state at the beginning, which has no bound of its own.
     */
    private long first;

    void begin(FluxSink<Change<P>> to, List<Change<P>> state) {
      sink = to;
      first = state.size();
      state.forEach(this::emit);
    }

    void emit(Change<P> change) {
      FluxSink<Change<P>> to = sink;
      if (to == null) {
        return;
      }
      emitted++;
      if (emitted - Math.max(first, delivered.get()) > AHEAD) {
        to.error(Exceptions.failWithOverflow("a subscriber is more than 1,024 changes behind"));
      } else {
        to.next(change);
      }
    }

    void complete() {
      FluxSink<Change<P>> to = sink;
      if (to != null) {
        to.complete();
      }
    }
  }

  Flux<Change<P>> flux() {
    Flux<Change<P>> changes =
        Flux.defer(
            () -> {
              Observer<P> observer = new Observer<>();
              return Flux.<Change<P>>create(
                      sink -> serial.execute(() -> begin(observer, sink)),
                      // Bounded by the observer, which alone can tell the state from what follows.
                      FluxSink.OverflowStrategy.BUFFER)
                  .doOnNext(change -> observer.delivered.incrementAndGet());
            });
    return Isolated.flux(changes, thrown -> {});
  }

  private void begin(Observer<P> observer, FluxSink<Change<P>> sink) {
    if (over) {
      sink.complete();
      return;
    }
    observers.add(observer);
    sink.onDispose(() -> serial.execute(() -> observers.remove(observer)));
    observer.begin(sink, state.get());
  }

  /** Tells all subscribers. In the turn that makes the change. */
  void emit(Change<P> change) {
    observers.forEach(observer -> observer.emit(change));
  }

  /** Completes all subscribers, those to come as well. In a turn. */
  void complete() {
    over = true;
    observers.forEach(Observer::complete);
  }
}
