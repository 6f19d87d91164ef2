package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.dial.ConnectionSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Dials of one peer by one instance, each of which takes a while and then succeeds. */
final class FakeDials implements ConnectionSource<String> {

  /** How long a dial takes. */
  static final Duration DIAL = Duration.ofMillis(200);

  /** How long it waits before the next one. */
  static final Duration BACKOFF = Duration.ofSeconds(1);

  final List<FakeConnection> made = new ArrayList<>();

  /** Whether it has permission, and no connection: no two of a fleet may. */
  boolean isDialling;

  /** How many were under way when they were given up. */
  int givenUp;

  private final NodeId peer;
  private final Scheduler time;

  FakeDials(NodeId peer, Scheduler time) {
    this.peer = peer;
    this.time = time;
  }

  @Override
  public Flux<PeerConnection<String>> connections(Publisher<?> permission) {
    return Flux.defer(
            () ->
                Flux.from(permission)
                    .then(Mono.fromRunnable(() -> isDialling = true))
                    .then(Mono.delay(DIAL, time))
                    .doOnCancel(
                        () -> {
                          givenUp += isDialling ? 1 : 0;
                          isDialling = false;
                        })
                    .map(tick -> connected())
                    .flux()
                    .concatMap(this::untilItEnds)
                    .concatWith(Mono.delay(BACKOFF, time).then(Mono.empty())))
        .repeat();
  }

  private FakeConnection connected() {
    isDialling = false;
    FakeConnection connection = new FakeConnection(peer);
    made.add(connection);
    return connection;
  }

  private Flux<PeerConnection<String>> untilItEnds(FakeConnection connection) {
    return Flux.concat(
            Flux.just(connection), connection.onClose().then(Mono.<PeerConnection<String>>empty()))
        .doOnCancel(() -> connection.end(Reason.CLOSED_LOCALLY));
  }

  boolean isUp() {
    return made.stream().anyMatch(connection -> !connection.isDisposed());
  }
}
