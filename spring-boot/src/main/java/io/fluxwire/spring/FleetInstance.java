package io.fluxwire.spring;

import io.fluxwire.NodeId;
import io.fluxwire.Undelivered;
import io.fluxwire.access.Authorizer;
import io.fluxwire.dial.ConnectionSource;
import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSnapshot;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.netty.PeerServer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.util.retry.Retry;

/**
 * Has this node be an instance of its fleet while the application runs: joins once the server
 * listens, and makes way before the server stops. What has left a fleet cannot join it again.
 */
final class FleetInstance<P> implements FleetServing, SmartLifecycle {

  private static final Logger LOG = LoggerFactory.getLogger(FleetInstance.class);

  private static final Duration AGAIN = Duration.ofMillis(500);
  private static final Duration LATEST = Duration.ofSeconds(10);

  private final FleetGroup<P> fleet;
  private final Map<NodeId, ? extends ConnectionSource<P>> dials;
  private final Duration drain;
  private final Disposable.Swap joining = Disposables.swap();
  private volatile boolean running;

  /**
   * An instance that has not joined.
   *
   * @param fleet the instance
   * @param dials the peers that one instance at a time keeps connected
   * @param drain how long to take for the connections when it stops
   */
  FleetInstance(
      FleetGroup<P> fleet, Map<NodeId, ? extends ConnectionSource<P>> dials, Duration drain) {
    this.fleet = fleet;
    this.dials = Map.copyOf(dials);
    this.drain = drain;
  }

  @Override
  public void start() {
    if (running) {
      return;
    }
    if (fleet.isDraining()) {
      throw new IllegalStateException(
          fleet + " has left its fleet, and cannot be started again: make a new context");
    }
    running = true;
    dials.forEach(fleet::dial);
    AtomicBoolean told = new AtomicBoolean();
    joining.update(
        fleet
            .join()
            .doOnError(failure -> tellOnce(told, failure))
            .retryWhen(
                Retry.backoff(Long.MAX_VALUE, AGAIN)
                    .maxBackoff(LATEST)
                    .filter(FleetInstance::canPass))
            .subscribe(
                null,
                failure -> LOG.error("{} is not let into its fleet", fleet.self(), failure),
                () -> LOG.info("{} has joined its fleet", fleet.self())));
  }

  private void tellOnce(AtomicBoolean told, Throwable failure) {
    if (canPass(failure) && !told.getAndSet(true)) {
      LOG.warn("{} is not in its fleet yet, and tries again", fleet.self(), failure);
    }
  }

  private static boolean canPass(Throwable failure) {
    return failure instanceof FleetEngineException engine
        && engine.kind() != FleetEngineException.Kind.REFUSED;
  }

  /** Not called by containers, which call the other one: does not wait. */
  @Override
  public void stop() {
    stop(() -> {});
  }

  @Override
  public void stop(Runnable callback) {
    if (!running) {
      callback.run();
      return;
    }
    running = false;
    joining.dispose();
    fleet.drain(drain).doOnNext(this::drained).doFinally(signal -> callback.run()).subscribe();
  }

  private void drained(Undelivered undelivered) {
    if (!undelivered.isNothing()) {
      LOG.warn("{} has left its fleet: {}", fleet.self(), undelivered);
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Stops before the server, to which the others send nobody then. */
  @Override
  public int getPhase() {
    return FluxwireServer.PHASE + 1;
  }

  /** For Spring 7, which stops the contexts of tests that rest, and starts them again. */
  @SuppressWarnings({"unused", "MissingOverride"})
  public boolean isPauseable() {
    return false;
  }

  @Override
  public <T> PeerServer<T> refusing(PeerServer<T> server) {
    return server.refuseWhile(fleet::isDraining);
  }

  @Override
  public Authorizer authorizer(Authorizer next) {
    return fleet.authorizer(next);
  }

  @Override
  public Predicate<InetAddress> addresses() {
    return fleet.addresses();
  }

  @Override
  public FluxwireHealth.State state() {
    FleetSnapshot now = fleet.snapshot();
    FleetSnapshot.Counters counters = now.counters();
    Map<String, Object> details = new TreeMap<>();
    details.put("instance", now.self().toString());
    details.put("state", now.state().name().toLowerCase(Locale.ROOT));
    details.put("since", now.since());
    details.put("members", now.members().stream().map(InstanceId::toString).sorted().toList());
    details.put("draining", now.draining().stream().map(InstanceId::toString).sorted().toList());
    details.put("peers", now.peers());
    details.put("dials", now.dials());
    details.put("rules", now.rules());
    details.put("forwarded", counters.forwarded());
    details.put("received", counters.received());
    details.put("misses", counters.misses());
    details.put("moves", counters.moves());
    return new FluxwireHealth.State(now.state() == FleetGroup.State.JOINED, details);
  }
}
