package io.fluxwire.fleet;

import io.fluxwire.PeerConnection;
import io.fluxwire.Undelivered;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.internal.ForeignSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Closes the connections of an instance one after another over a time, so that their peers do not
 * all dial other instances at once.
 */
final class Drain {

  /** The least time between two groups of connections that are closed. */
  private static final Duration STEP = Duration.ofMillis(100);

  private Drain() {}

  /**
   * Closes all connections, in random order.
   *
   * @param connections the connections at this moment
   * @param over the last one is closed after this time
   * @return emits what they did not deliver, once all of them are closed, and also the connections
   *     that were made meanwhile
   */
  static <P> Mono<Undelivered> of(
      PeerGroup<P> local, List<PeerConnection<P>> connections, Duration over, Scheduler timers) {
    List<PeerConnection<P>> all = new ArrayList<>(connections);
    Collections.shuffle(all);
    long steps = Math.max(1, Math.min(all.size(), over.toMillis() / STEP.toMillis()));
    int atOnce = Math.max(1, (int) ((all.size() + steps - 1) / steps));
    Duration pause = over.dividedBy(steps);
    return Flux.fromIterable(all)
        .buffer(atOnce)
        .concatMap(some -> Mono.delay(pause, timers).thenReturn(some))
        .flatMapIterable(some -> some)
        .flatMap(Drain::closed, Math.max(1, all.size()))
        .reduce(Undelivered.NOTHING, Undelivered::plus)
        .flatMap(sum -> local.closeGracefully().map(sum::plus));
  }

  private static <P> Mono<Undelivered> closed(PeerConnection<P> connection) {
    return ForeignSource.mono("closing a connection", connection::close)
        .onErrorComplete()
        .then(Mono.defer(connection::undelivered).onErrorComplete());
  }
}
