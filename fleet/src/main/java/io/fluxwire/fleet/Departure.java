package io.fluxwire.fleet;

import io.fluxwire.Undelivered;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.internal.SerialExecutor;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * How this instance drains: the others are told first, so that they take over its dials, and then
 * its connections are closed.
 */
final class Departure<P> {

  private final PeerGroup<P> local;
  private final HeldPeers<P> peers;
  private final FleetSpec spec;
  private final SerialExecutor serial;
  private final Bus bus;
  private final Members members;
  private final AtomicBoolean draining = new AtomicBoolean();
  private final Sinks.One<Undelivered> drained = Sinks.one();

  Departure(
      PeerGroup<P> local,
      HeldPeers<P> peers,
      FleetSpec spec,
      SerialExecutor serial,
      Bus bus,
      Members members) {
    this.local = local;
    this.peers = peers;
    this.spec = spec;
    this.serial = serial;
    this.bus = bus;
    this.members = members;
  }

  /**
   * Drains this instance, once.
   *
   * @param leave leaves the fleet when it is subscribed to, and completes when all is closed
   * @return emits the packets that were not written, after {@code leave} has completed
   */
  Mono<Undelivered> drain(Duration over, Mono<Void> leave) {
    return Mono.defer(
        () -> {
          if (draining.compareAndSet(false, true)) {
            begin(over, leave);
          }
          return drained.asMono();
        });
  }

  private void begin(Duration over, Mono<Void> leave) {
    serial.execute(
        () -> {
          members.aboutToLeave(spec.instance());
          tell(members.now());
          Drain.of(local, peers.connections(), over, spec.scheduler())
              .defaultIfEmpty(Undelivered.NOTHING)
              .onErrorReturn(Undelivered.NOTHING)
              .subscribe(
                  undelivered ->
                      leave.subscribe(null, null, () -> drained.tryEmitValue(undelivered)));
        });
  }

  boolean isDraining() {
    return draining.get();
  }

  /** Whether the others are to give this instance no dials: it drains, or is an observer. */
  boolean makesWay() {
    return draining.get() || spec.isObserver();
  }

  /** Tells all members that this instance takes no dials, if that is so. */
  void tellAllIfMakingWay() {
    if (makesWay()) {
      tell(members.now());
    }
  }

  void tell(Set<InstanceId> others) {
    byte[] message = FleetFrames.encode(new Frame.Draining());
    Flux.fromIterable(others)
        .filter(other -> !other.equals(spec.instance()))
        .flatMap(other -> bus.send(other, message).onErrorComplete())
        .subscribe();
  }
}
