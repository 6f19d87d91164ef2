package io.fluxwire.fleet;

import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.InstanceId;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The way to the other instances: the engine's link, once this instance has joined. */
final class Bus {

  private final InstanceId self;
  private final Consumer<byte[]> toItself;
  private volatile @Nullable EngineLink link;

  /**
   * A bus without a link.
   *
   * @param self this instance
   * @param toItself takes the messages that this instance sends to itself, which an engine need not
   *     deliver
   */
  Bus(InstanceId self, Consumer<byte[]> toItself) {
    this.self = self;
    this.toItself = toItself;
  }

  void joined(EngineLink made) {
    link = made;
  }

  Mono<EngineLink> link() {
    return Mono.defer(() -> Mono.justOrEmpty(link)).switchIfEmpty(Mono.error(Bus::notJoined));
  }

  private static FleetEngineException notJoined() {
    return new FleetEngineException(
        FleetEngineException.Kind.UNREACHABLE, "this instance has not joined its fleet", null);
  }

  /** As {@link EngineLink#send}, and also delivers to this instance itself. */
  Mono<Void> send(InstanceId to, byte[] message) {
    return to.equals(self)
        ? Mono.fromRunnable(() -> toItself.accept(message))
        : link().flatMap(joined -> joined.send(to, message));
  }

  Flux<EngineLink> each() {
    return link().onErrorComplete().flux();
  }

  int maxMessage() {
    EngineLink joined = link;
    return joined == null ? Integer.MAX_VALUE : joined.maxMessage();
  }
}
