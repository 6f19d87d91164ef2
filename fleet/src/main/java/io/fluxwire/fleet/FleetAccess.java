package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Callbacks;
import java.net.InetSocketAddress;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sets the rules of the fleet, takes those of others, and closes the connections that they forbid.
 */
final class FleetAccess<P> {

  private static final int RULES_AT_ONCE = 16;

  private final SharedRules rules;
  private final Bus bus;
  private final HeldPeers<P> peers;
  private final FleetCounters counters;

  FleetAccess(SharedRules rules, Bus bus, HeldPeers<P> peers, FleetCounters counters) {
    this.rules = rules;
    this.bus = bus;
    this.peers = peers;
    this.counters = counters;
  }

  /** The rule takes effect here at once; completes when the engine has it. */
  Mono<Void> set(String target, AccessRule.Action action, Duration time) {
    Duration checked = Arguments.positive("the time of a rule", time);
    return Mono.defer(() -> publish(rules.make(target, action, checked)));
  }

  /** Emits whether there was a rule. */
  Mono<Boolean> lift(String target) {
    return Mono.defer(
        () -> {
          AccessRule lifting = rules.lifting(target);
          return lifting == null ? Mono.just(false) : publish(lifting).thenReturn(true);
        });
  }

  private Mono<Void> publish(AccessRule rule) {
    take(rule);
    return bus.link().flatMap(link -> link.set(rule));
  }

  /**
   * Tells the engine all rules, since it may not know some of them; ignores those that it does not
   * take.
   */
  Mono<Void> publishAll() {
    return bus.link()
        .flatMapMany(
            link ->
                Flux.fromIterable(rules.all())
                    .flatMap(rule -> link.set(rule).onErrorComplete(), RULES_AT_ONCE))
        .then();
  }

  /** Takes a rule of this instance or of another one. */
  void take(AccessRule rule) {
    boolean news;
    try {
      news = rules.put(rule);
    } catch (IllegalArgumentException e) {
      counters.malformed.increment();
      return;
    }
    if (!news || rule.action() != AccessRule.Action.DENY) {
      return;
    }
    if (SharedRules.isNetwork(rule.target())) {
      peers.connections().stream().filter(this::isDenied).forEach(FleetAccess::close);
    } else {
      PeerConnection<P> connection = peers.anyConnection(NodeId.parse(rule.target()));
      if (connection != null) {
        close(connection);
      }
    }
  }

  boolean isDenied(PeerConnection<P> connection) {
    return switch (rules.of(connection.remoteId())) {
      case ALLOW -> false;
      case DENY -> true;
      case NONE ->
          connection.remoteAddress() instanceof InetSocketAddress inet
              && inet.getAddress() != null
              && rules.isDenied(inet.getAddress());
    };
  }

  static void close(PeerConnection<?> connection) {
    Callbacks.run("closing a connection", () -> connection.close().subscribe());
  }
}
