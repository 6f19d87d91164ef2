package io.fluxwire.fleet.jgroups;

import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.engine.InstanceId;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** From an engine's set-up to a link. */
final class Joining {

  private Joining() {}

  static Mono<EngineLink> join(EngineConfig config, InstanceId self, EngineListener listener) {
    return Mono.defer(() -> FleetTls.of(config.key()))
        // The first random number of a process may have to wait.
        .subscribeOn(Schedulers.boundedElastic())
        .onErrorMap(Joining::noKey)
        .switchIfEmpty(Mono.error(() -> noKey(null)))
        .flatMap(tls -> link(config, self, listener, tls))
        .doOnDiscard(JGroupsLink.class, link -> link.leave().subscribe());
  }

  private static Mono<EngineLink> link(
      EngineConfig config, InstanceId self, EngineListener listener, FleetTls tls) {
    return Mono.create(
        sink -> {
          JGroupsLink link = new JGroupsLink(config, self, listener, new TlsSockets(tls), sink);
          sink.onCancel(() -> link.leave().subscribe());
          link.start();
        });
  }

  private static FleetEngineException noKey(@Nullable Throwable cause) {
    return new FleetEngineException(
        Kind.REFUSED,
        "no key for the fleet comes of this identity: it has to be able to agree on keys, as a"
            + " NodeKey is; give the engine a key from a file that all instances have",
        cause);
  }
}
