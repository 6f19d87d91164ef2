package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.time.Duration;
import java.util.Set;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Looks peers up. The engine has the directory; here is a small part of it, and who waits for a
 * change of it.
 */
final class Finder {

  /** An engine may lose what it was to tell: who waits asks again after this time. */
  private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

  /** As {@link #ASK_AGAIN}, where nothing but a connection's end is waited for. */
  private static final Duration ASK_AGAIN_WHILE_HELD = Duration.ofSeconds(10);

  private final InstanceId self;
  private final Bus bus;
  private final Scheduler timers;
  private final RowCache cache;
  private final RowWaiters held = new RowWaiters();
  private final RowWaiters released = new RowWaiters();
  private volatile Set<InstanceId> members = Set.of();

  Finder(InstanceId self, Bus bus, Scheduler timers, int cachedRows) {
    this.self = self;
    this.bus = bus;
    this.timers = timers;
    this.cache = new RowCache(cachedRows);
  }

  /**
   * Which instance has a peer, as far as is known; empty when no member has it within a time.
   * Errors as the engine does.
   */
  Mono<Holding> find(NodeId peer, Duration wait) {
    Mono<Holding> known = Mono.fromSupplier(() -> cache.get(peer));
    Mono<Holding> asked = known.switchIfEmpty(Mono.defer(() -> ask(peer))).doOnNext(cache::put);
    if (wait.isZero()) {
      return asked;
    }
    Mono<Holding> awaited =
        Flux.merge(
                held.next(peer),
                asked.repeatWhenEmpty(times -> times.delayElements(ASK_AGAIN, timers)))
            .next();
    return awaited.timeout(wait, Mono.empty(), timers);
  }

  private Mono<Holding> ask(NodeId peer) {
    return bus.link()
        .flatMap(link -> link.find(peer))
        .filter(row -> members.contains(row.instance()));
  }

  /** Completes once no other instance has the peer, or when the engine cannot say. */
  Mono<Void> absentElsewhere(NodeId peer) {
    return Mono.defer(() -> absentOrChanged(peer)).repeat().takeUntil(absent -> absent).then();
  }

  /** True when no other instance has the peer; else false, once that may have changed. */
  private Mono<Boolean> absentOrChanged(NodeId peer) {
    Sinks.Empty<Void> changed = Sinks.empty();
    // Before the question, so that no release gets lost between the answer and the wait.
    Disposable waiting = released.next(peer).subscribe(row -> {}, null, changed::tryEmitEmpty);
    return ask(peer)
        .filter(row -> !row.instance().equals(self))
        .onErrorComplete()
        .flatMap(
            row ->
                Mono.firstWithSignal(
                        changed.asMono(), Mono.delay(ASK_AGAIN_WHILE_HELD, timers).then())
                    .thenReturn(false))
        .defaultIfEmpty(true)
        .doFinally(signal -> waiting.dispose());
  }

  /** The row was wrong. */
  void forget(Holding row) {
    cache.remove(row);
  }

  void held(Holding row) {
    cache.update(row);
    held.tell(row);
  }

  void released(Holding row) {
    cache.remove(row);
    released.tell(row);
  }

  void members(Set<InstanceId> now) {
    members = now;
    cache.retain(now);
    released.wakeAll();
  }

  void missed() {
    cache.clear();
    released.wakeAll();
  }
}
