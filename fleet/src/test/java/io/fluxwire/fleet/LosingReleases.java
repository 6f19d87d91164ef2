package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Takes the first release of each instance, and forgets it. */
record LosingReleases(FleetEngine engine) implements FleetEngine {

  @Override
  public Mono<EngineLink> join(InstanceId self, EngineListener listener) {
    return engine.join(self, listener).map(Losing::new);
  }

  private static final class Losing implements EngineLink {

    private final EngineLink link;
    private boolean lost;

    Losing(EngineLink link) {
      this.link = link;
    }

    @Override
    public Mono<Void> release(NodeId peer, long epoch) {
      return Mono.defer(
          () -> {
            boolean passes = lost;
            lost = true;
            return passes ? link.release(peer, epoch) : Mono.empty();
          });
    }

    @Override
    public Mono<Void> hold(NodeId peer, long epoch) {
      return link.hold(peer, epoch);
    }

    @Override
    public Mono<Holding> find(NodeId peer) {
      return link.find(peer);
    }

    @Override
    public Flux<Holding> holdings() {
      return link.holdings();
    }

    @Override
    public Mono<Void> send(InstanceId to, byte[] message) {
      return link.send(to, message);
    }

    @Override
    public InstanceId self() {
      return link.self();
    }

    @Override
    public int maxMessage() {
      return link.maxMessage();
    }

    @Override
    public Mono<Void> set(AccessRule rule) {
      return link.set(rule);
    }

    @Override
    public Flux<AccessRule> rules() {
      return link.rules();
    }

    @Override
    public Mono<Void> leave() {
      return link.leave();
    }
  }
}
