package io.fluxwire.fleet;

import io.fluxwire.fleet.FleetGroup.State;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.FleetEngine;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/** Whether this instance is a member: how it joins its fleet, and leaves it for good. */
final class Membership<P> {

  private final FleetEngine engine;
  private final FleetParts<P> parts;
  private final EngineEvents<P> events;
  private final Disposable.Swap tellingRules = Disposables.swap();

  Membership(FleetEngine engine, FleetParts<P> parts) {
    this.engine = engine;
    this.parts = parts;
    this.events = new EngineEvents<>(parts);
  }

  /** Joins when it is subscribed to, as {@link FleetGroup#join} says. */
  Mono<Void> join() {
    return Mono.defer(
        () -> {
          State before = parts.standing.state();
          if (before == State.JOINED || before == State.AWAY) {
            return Mono.empty();
          }
          if (!parts.standing.join()) {
            return Mono.error(
                new IllegalStateException(
                    "%s is %s and cannot join".formatted(parts.spec.instance(), before)));
          }
          return engine
              .join(parts.spec.instance(), events)
              .switchIfEmpty(Mono.error(() -> new IllegalStateException("the engine gave no link")))
              .doOnNext(this::joined)
              .doOnError(failure -> parts.standing.gaveUp())
              .doOnCancel(parts.standing::gaveUp)
              .then();
        });
  }

  private void joined(EngineLink link) {
    parts.bus.joined(link);
    if (!parts.standing.joined()) {
      link.leave().subscribe();
      return;
    }
    parts.serial.execute(() -> events.joined(link));
    tellingRules.update(parts.access.publishAll().subscribe());
  }

  /**
   * Marks this instance as having left; true for the first call, after which {@link #leave} has to
   * follow.
   */
  boolean end() {
    return parts.standing.leave();
  }

  /** Leaves at once. Subscribing to the result tells the engine, and never errors. */
  Mono<Void> leave() {
    tellingRules.dispose();
    parts.serial.execute(events::left);
    return parts.bus.link().flatMap(EngineLink::leave).onErrorComplete();
  }
}
