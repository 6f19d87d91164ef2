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
 * Looks peers up. The engine has the directory; this class caches a small part of it, and tells
 * those who wait for a row of a peer to come or go.
 */
final class Finder {

  /** A send that waits for a peer asks again after this time, since an engine may lose an event. */
  private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

  /** As {@link #ASK_AGAIN}, for a dial that waits until another instance's connection ends. */
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
   * Which instance has a peer, as far as is known; empty when no member has it within the time to
   * wait. Errors as the engine does.
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
    // Waits from before the lookup on, so that no release after its answer is missed.
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

  /** Drops a row from the cache that was wrong. */
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
