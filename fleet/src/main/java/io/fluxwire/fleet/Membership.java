package io.fluxwire.fleet;

import io.fluxwire.fleet.FleetGroup.State;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.FleetEngine;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/** Whether this instance is a member: how it joins its fleet, and leaves it for good. */
final class Membership<P> {

  private final FleetEngine engine;
  private final FleetParts<P> parts;
  private final EngineEvents<P> events;
  private final AtomicReference<State> state = new AtomicReference<>(State.NEW);
  private final Disposable.Swap tellingRules = Disposables.swap();

  Membership(FleetEngine engine, FleetParts<P> parts) {
    this.engine = engine;
    this.parts = parts;
    this.events = new EngineEvents<>(parts);
  }

  State state() {
    return Objects.requireNonNull(state.get());
  }

  /** Joins when it is subscribed to, as {@link FleetGroup#join} says. */
  Mono<Void> join() {
    return Mono.defer(
        () -> {
          if (state.get() == State.JOINED) {
            return Mono.empty();
          }
          if (!state.compareAndSet(State.NEW, State.JOINING)) {
            return Mono.error(
                new IllegalStateException(
                    "%s is %s and cannot join".formatted(parts.spec.instance(), state)));
          }
          return engine
              .join(parts.spec.instance(), events)
              .switchIfEmpty(Mono.error(() -> new IllegalStateException("the engine gave no link")))
              .doOnNext(this::joined)
              .doOnError(failure -> state.compareAndSet(State.JOINING, State.NEW))
              .doOnCancel(() -> state.compareAndSet(State.JOINING, State.NEW))
              .then();
        });
  }

  private void joined(EngineLink link) {
    parts.bus.joined(link);
    if (!state.compareAndSet(State.JOINING, State.JOINED)) {
      link.leave().subscribe();
      return;
    }
    parts.serial.execute(() -> events.joined(link));
    tellingRules.update(parts.access.publishAll().subscribe());
  }

  /** Whether this is the first call, after which {@link #leave} is to follow. */
  boolean end() {
    return state.getAndSet(State.LEFT) != State.LEFT;
  }

  /** Leaves at once. What is emitted tells the engine, and never errors. */
  Mono<Void> leave() {
    tellingRules.dispose();
    parts.serial.execute(events::left);
    return parts.bus.link().flatMap(EngineLink::leave).onErrorComplete();
  }
}
